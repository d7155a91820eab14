"""Trains the networks of one task and design; goes on where an interrupted run stopped."""

import torch

from jana import designs, recipes, simulators
from jana.io import checkpoints, log, netcdf, tensors
from jana.provenance import record
from jana.training import fit
from jana.training.losses import nll

log.to(snakemake.log[0])
p, name = dict(snakemake.params.items()), f"{snakemake.wildcards.task} {snakemake.wildcards.design}"
torch.set_num_threads(p["threads"])
design, device = designs.Design.from_config(p["design"]), recipes.device(p["device"])
pairs, others, *more = (tensors.load(f, "theta", "x", rows=p["rows"]) for f in snakemake.input)
simulator = simulators.get(snakemake.wildcards.task)
model = recipes.untrained(design, simulator, pairs, p["seeds"])
course = fit.course(design.training, device, pairs, others)
apart = design.apart and fit.course(design.apart.training, device, *more)
clean = tensors.load_all(snakemake.input.train).get("x_clean")
drawn = (
    simulator.prior.sample,
    simulator.redrawn(clean, len(course.data[0][0])),
    apart,
    simulator.draw,
)
state = fit.begin(model.to(device), course.data[0], design.training, apart)
loaded, where = sum((others, *more), pairs), recipes.describe(model)
details = record(rule=snakemake.rule, params=p, device=where)
identity = checkpoints.identity(p | {"device": where, "torch": torch.__version__}, *loaded)
with checkpoints.locked(p["checkpoints"]) as folder:
    state.restore(checkpoints.resumable(folder / "last.pt", identity) or state.state())
    epochs = fit.epochs(model, state, nll, course.data, design.training, p["seeds"], *drawn)
    for _ in log.followed(epochs, state.passes, design.epochs(), name):
        checkpoints.save(folder / "last.pt", state.state(), details, identity)
    recipes.choose_pooling(model, design, simulator, p["seeds"], *course.data[1])
    netcdf.save(snakemake.output.history, details, {"part": state.networks}, **state.arrays())
    checkpoints.save(snakemake.output.model, model.state_dict(), details, identity)
    checkpoints.forget(folder / "last.pt")  # so that --forcerun trains anew

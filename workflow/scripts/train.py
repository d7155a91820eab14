"""Trains the networks of one task and design; goes on where an interrupted run stopped."""

import torch

from jana import recipes, simulators
from jana.io import checkpoints, log, netcdf
from jana.provenance import record
from jana.training import fit
from jana.training.losses import nll

log.to(snakemake.log[0])
p, name = dict(snakemake.params.items()), f"{snakemake.wildcards.task} {snakemake.wildcards.design}"
torch.set_num_threads(p["threads"])
design, device = recipes.Design.from_config(p["design"]), recipes.device(p["device"])
pairs = netcdf.tensors(snakemake.input[0], "theta", "x")
simulator = simulators.get(snakemake.wildcards.task)
model = recipes.build_joint(design, simulator, pairs[1].shape[1], p["seeds"]).to(device)
data = tuple(part.to(device) for part in pairs)
state = fit.begin(model, data, design.training)
where = recipes.describe(model)
details = record(rule=snakemake.rule, params=p, device=where)
identity = checkpoints.identity(p | {"device": where, "torch": torch.__version__}, *pairs)
with checkpoints.locked(p["checkpoints"]) as folder:
    state.restore(checkpoints.resumable(folder / "last.pt", identity) or state.state())
    epochs = fit.epochs(model, state, nll, data, design.training, p["seeds"])
    for _ in log.followed(epochs, state.epoch, design.training.epochs, name):
        checkpoints.save(folder / "last.pt", state.state(), details, identity)
    parts = {"part": ["posterior", "likelihood"]}
    netcdf.save(snakemake.output.history, details, parts, **state.arrays())
    checkpoints.save(snakemake.output.model, model.state_dict(), details, identity)
    checkpoints.forget(folder / "last.pt")  # so that --forcerun trains anew

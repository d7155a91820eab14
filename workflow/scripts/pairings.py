"""Evidence and leave-one-out of each data set, by our pair and with true partners."""

import torch

from jana import recipes, simulators
from jana.inference import draws, pairings
from jana.io import log, netcdf, tensors
from jana.judge import pairings as judge
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
(x,) = tensors.load(snakemake.input.observed, "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
known = judge.references(snakemake.input.fits, *x.shape[:2])
fitted, (x_m,) = known.fitted if known else {}, model.shared(x)
rngs = [recipes.generators(p["seeds"], "pairings", of) for of in ("with all", "without one")]
found = draws.posterior_draws(model, rngs[0], x_m, p["draws"])
made = pairings.compared(model, rngs[1], simulator, found, x_m, p["left_out"], fitted)
axes = ("member", "dataset", "trial")
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"parameter": list(simulator.theta_names)},
    posterior=((*axes[:2], "draw", "parameter"), found.draws),
    **{
        f"{method}_{part}_{name}": (axes[: values.ndim], values)
        for method, pairing in made.items()
        for part, estimate in pairing._asdict().items()
        for name, values in estimate._asdict().items()
    },
)

"""NUTS on prior times likelihood network, of each data set and seed."""

import torch

from jana import recipes, simulators
from jana.inference import chains
from jana.io import log, netcdf, tensors
from jana.mcmc.nuts import Settings
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
(x,) = tensors.load(snakemake.input.observed, "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
rngs = [recipes.generators(p["seeds"], "mcmc", at) for at in range(len(x))]
found = chains.sampled(model, rngs, simulator, x, Settings(**p["settings"]))
axes = ("member", "dataset", "chain", "draw", "parameter")
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"parameter": list(simulator.theta_names)},
    **{name: (axes[: part.ndim], part) for name, part in found._asdict().items()},
)

"""Many draws per observation, direct and refined, for C2ST as sbibm has it."""

import torch

from jana import recipes, simulators
from jana.inference import draws, refine
from jana.io import log, netcdf, tensors
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
(x,) = tensors.load(snakemake.input.observed, "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
rngs = [recipes.generators(p["seeds"], "full draws", of) for of in ("posterior", "refined")]
found, log_prior = [], simulator.prior.log_prob
for one in x.split(1):  # one observation at a time, to bound memory
    (one,) = model.shared(one)
    direct = draws.posterior_draws(model, rngs[0], one, p["draws"]).draws
    refined = refine.refined(model, rngs[1], log_prior, one, p["draws"], p["refined"]).draws
    found.append((direct, refined))
direct, refined = (torch.cat(part, 1) for part in zip(*found, strict=True))
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"parameter": list(simulator.theta_names)},
    posterior=(("member", "dataset", "draw", "parameter"), direct),
    refined=(("member", "dataset", "draw", "parameter"), refined),
)

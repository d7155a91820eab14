"""Log densities of the held-out pairs under both networks."""

import torch

from jana import recipes, simulators
from jana.inference import draws, surrogate
from jana.io import log, netcdf, tensors
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
theta, x = tensors.load(snakemake.input.test, "theta", "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
pairs = model.shared(theta, x)
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    posterior=(("member", "dataset"), draws.log_posterior(model, *pairs)),
    likelihood=(("member", "dataset"), surrogate.log_likelihood(model, *pairs)),
    prior=(("dataset",), simulator.prior.log_prob(theta)),
)

"""Log marginal likelihoods of held-out data sets from both networks, with their errors."""

import torch

from jana import recipes, simulators
from jana.evidence.amortized import log_marginal
from jana.inference import draws, surrogate
from jana.io import checkpoints, log, netcdf
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
weights = checkpoints.load(snakemake.input.model)
model = recipes.restored(p["design"], simulator, weights, p["device"])
(x,) = netcdf.tensors(snakemake.input.test, "x")
(x,) = model.shared(x[: p["datasets"]])
found = draws.posterior_draws(model, recipes.generators(p["seeds"], "evidence"), x, p["draws"])
log_likelihood = surrogate.log_likelihood_of_draws(model, found.draws, x)
estimate = log_marginal(simulator.prior.log_prob(found.draws), log_likelihood, found.log_prob)
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    **{name: (("member", "dataset"), values) for name, values in estimate._asdict().items()},
)

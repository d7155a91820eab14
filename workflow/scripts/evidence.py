"""Log marginal likelihoods, and predictive densities of new data, from both networks."""

import torch

from jana import recipes, simulators
from jana.evidence.amortized import log_marginal
from jana.evidence.predictive import log_mean
from jana.inference import draws, surrogate
from jana.io import log, netcdf, tensors
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
pairs = tensors.load(snakemake.input.test, "theta", "x")
theta, x = (part[: p["datasets"]] for part in pairs)
new = simulator.simulate(generator(p["simulator_seed"]), theta)
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
x_m, new_m = model.shared(x, new)
found = draws.posterior_draws(model, recipes.generators(p["seeds"], "evidence"), x_m, p["draws"])
log_likelihood = surrogate.log_likelihood_of_draws(model, found.draws, x_m)
estimate = log_marginal(simulator.prior.log_prob(found.draws), log_likelihood, found.log_prob)
predictive = log_mean(surrogate.log_likelihood_of_draws(model, found.draws, new_m))
axes = ("member", "dataset")
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    **{name: (axes, values) for name, values in estimate._asdict().items()},
    **{f"predictive_{name}": (axes, values) for name, values in predictive._asdict().items()},
    new_x=(("dataset", *simulator.x_axes), new),
)

"""Log marginal likelihoods, and predictive densities of new data, from both networks."""

import torch

from jana import recipes, simulators
from jana.evidence.predictive import log_mean
from jana.inference import draws, refine, surrogate
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
estimate, pool = refine.evidence(model, simulator.prior.log_prob, found, x_m)
predictive = log_mean(surrogate.log_likelihood_of_draws(model, found.draws, new_m))
axes, scores = ("member", "dataset"), {"": estimate, "pool_": pool, "predictive_": predictive}
named = {f"{of}{name}": part for of, s in scores.items() for name, part in s._asdict().items()}
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    **{name: (axes, part) for name, part in named.items()},
    pooling=(axes[:1], model.pooling),
    new_x=(("dataset", *simulator.x_axes), new),
)

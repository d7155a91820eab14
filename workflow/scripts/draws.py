"""Per observation: posterior draws, refined ones, surrogate data at the true parameters."""

import torch

from jana import recipes, simulators
from jana.inference import draws, refine, surrogate
from jana.io import log, netcdf, tensors
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
n, (theta, x) = p["draws"], tensors.load(snakemake.input.observed, "theta", "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
rngs = [recipes.generators(p["seeds"], "draws", of) for of in ("posterior", "surrogate", "refined")]
(theta_m, x_m), log_prior = model.shared(theta, x), simulator.prior.log_prob
found = draws.posterior_draws(model, rngs[0], x_m, n)
fake = surrogate.simulate(model, rngs[1], theta_m, x_m, p["surrogates"])
refined = refine.refined(model, rngs[2], log_prior, x_m, n, p["refined"])
rng, many = generator(p["simulator_seed"]), p["surrogates"]
real = simulator.simulate(rng, theta.repeat_interleave(many, dim=0))
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"parameter": list(simulator.theta_names)},
    posterior=(("member", "dataset", "draw", "parameter"), found.draws),
    log_posterior=(("member", "dataset", "draw"), found.log_prob),
    refined=(("member", "dataset", "draw", "parameter"), refined.draws),
    refined_khat=(("member", "dataset"), refined.khat),
    refined_chosen=(("member", "dataset"), refined.chosen.int()),
    surrogate=(("member", "dataset", "data_draw", *simulator.x_axes), fake),
    simulated=(("dataset", "data_draw", *simulator.x_axes), real.unflatten(0, (len(theta), -1))),
)

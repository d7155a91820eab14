"""Per observation: posterior draws, surrogate data at the true parameters, simulated data there."""

import torch

from jana import recipes, simulators
from jana.inference import draws, surrogate
from jana.io import checkpoints, log, netcdf
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
weights, n = checkpoints.load(snakemake.input.model), p["draws"]
model = recipes.restored(p["design"], simulator, weights, p["device"])
theta, x = netcdf.tensors(snakemake.input.observed, "theta", "x")
rngs = [recipes.generators(p["seeds"], "draws", of) for of in ("posterior", "surrogate")]
found = draws.posterior_draws(model, rngs[0], *model.shared(x), n)
fake = surrogate.simulate(model, rngs[1], *model.shared(theta), n)
real = simulator.simulate(generator(p["simulator_seed"]), theta.repeat_interleave(n, dim=0))
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"parameter": list(simulator.theta_names)},
    posterior=(("member", "dataset", "draw", "parameter"), found.draws),
    log_posterior=(("member", "dataset", "draw"), found.log_prob),
    surrogate=(("member", "dataset", "draw", *simulator.x_axes), fake),
    simulated=(("dataset", "draw", *simulator.x_axes), real.unflatten(0, (-1, n))),
)

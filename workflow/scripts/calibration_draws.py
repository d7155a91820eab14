"""Draws and their scores for SBC and joint SBC: given simulated data, and surrogate data."""

import torch

from jana import recipes, simulators
from jana.inference import draws, surrogate
from jana.io import log, netcdf, tensors
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
n, pairs = p["draws"], tensors.load(snakemake.input.test, "theta", "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, pairs[1], p["device"])
theta, x = model.shared(*(part[: p["datasets"]] for part in pairs))
rngs = [recipes.generators(p["seeds"], "calibration", of) for of in ("posterior", "joint")]
answers = {"posterior": (x, draws.posterior_draws(model, rngs[0], x, n))}
answers["joint"] = draws.joint_draws(model, rngs[1], theta, x, n)
arrays, axes = {}, ("member", "dataset", "draw")
for kind, (given, found) in answers.items():
    likelihood = surrogate.log_likelihood_of_draws(model, found.draws, given)
    truth = surrogate.log_likelihood(model, theta, given), draws.log_posterior(model, theta, given)
    arrays[kind] = (*axes, "parameter"), found.draws
    arrays[f"{kind}_scores"] = (*axes, "score"), torch.stack([likelihood, found.log_prob], -1)
    arrays[f"{kind}_truth"] = ("member", "dataset", "score"), torch.stack(truth, -1)
    arrays[f"{kind}_x"] = ("member", "dataset", *simulator.x_axes), given
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"parameter": list(simulator.theta_names), "score": ["log_likelihood", "log_posterior"]},
    theta=(("dataset", "parameter"), theta[0]),
    pooling=(("member",), model.pooling),
    **arrays,
)

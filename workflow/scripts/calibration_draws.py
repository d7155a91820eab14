"""Draws for SBC and joint SBC: posteriors of simulated data, and of surrogate data."""

import torch

from jana import recipes, simulators
from jana.inference import draws
from jana.io import checkpoints, log, netcdf
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
weights, n = checkpoints.load(snakemake.input.model), p["draws"]
model = recipes.restored(p["design"], simulator, weights, p["device"])
pairs = netcdf.tensors(snakemake.input.test, "theta", "x")
theta, x = model.shared(*(part[: p["datasets"]] for part in pairs))
rngs = [recipes.generators(p["seeds"], "calibration", of) for of in ("posterior", "joint")]
posterior = draws.posterior_draws(model, rngs[0], x, n).draws
fake, joint = draws.joint_draws(model, rngs[1], theta, n)
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"parameter": list(simulator.theta_names)},
    theta=(("dataset", "parameter"), theta[0]),
    surrogate_x=(("member", "dataset", *simulator.x_axes), fake),
    posterior=(("member", "dataset", "draw", "parameter"), posterior),
    joint=(("member", "dataset", "draw", "parameter"), joint),
)

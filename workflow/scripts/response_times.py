"""The density of a response time at some parameters: ours, and exact."""

import torch

from jana import recipes, simulators
from jana.inference import response_times
from jana.io import log, netcdf, tables, tensors
from jana.judge import pairings
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
theta, x = tensors.load(snakemake.input.test, "theta", "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
grid, ours, exact = response_times.densities(model, simulator, theta[: p["points"]])
netcdf.save(
    snakemake.output.densities,
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"parameter": list(simulator.theta_names), "response": ["lower", "upper"]},
    theta=(("point", "parameter"), theta[: p["points"]]),
    time=(("point", "rank"), grid),
    ours=(("member", "point", "response", "rank"), ours),
    exact=(("point", "response", "rank"), exact),
)
tables.save(snakemake.output.rows, pairings.density_rows(p["labels"], grid, ours, exact))

"""What follows from an observed series: parameters, series like it, a forecast, its distance."""

import torch

from jana import recipes, simulators
from jana.inference import forecast, gaps
from jana.io import cases, log, netcdf, tables, tensors
from jana.judge import followed
from jana.provenance import record, seed_of
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
(others,) = tensors.load(snakemake.input.test, "x")  # that no network learned from
steps = others.shape[1]
found = cases.load(snakemake.input.observed, p["names"], p["kind"], steps)
observed = torch.tensor(found.counts) / simulator.x_unit
x = observed[:steps]
model = recipes.trained(snakemake.input.model, p["design"], simulator, others, p["device"])
seeds = recipes.generators(p["seeds"], "follow", snakemake.wildcards.series)
each = forecast.follow(model, seeds, simulator, x, p["draws"], p["forecast"])
features = gaps.summaries(model, others), gaps.summaries(model, x[None])
rng = generator(seed_of(p["seed"], "prior"))
rows = followed.rows(rng, p["labels"], observed, steps, each, *features)
tables.save(snakemake.output.rows, rows)
prior = simulator.prior.sample(rng, p["draws"])
netcdf.save(
    snakemake.output.found,
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"number": p["names"], "parameter": list(simulator.theta_names)},
    first=((), str(found.first)),
    **followed.arrays(observed, each[0], prior),
)

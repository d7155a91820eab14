"""Draws and surrogate data against exact and simulated ones: ECDFs with a band, MMD, k-hat."""

from jana import simulators
from jana.io import log, netcdf, tables, tensors
from jana.judge import draws
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
names = ("posterior", "log_posterior", "refined", "refined_khat", "refined_chosen")
direct, log_posterior, refined, *how = tensors.load(snakemake.input.draws, *names)
fake, real = tensors.load(snakemake.input.draws, "surrogate", "simulated")
exact = tensors.load_if_any(snakemake.input.exact, "first")
(x,) = tensors.load(snakemake.input.observed, "x")
rng, shown = generator(p["seed"]), p["observations"]
pairs = draws.compared(shown, (exact, direct[0]), (real, fake[0]))
netcdf.save(
    snakemake.output.coordinates,
    record(rule=snakemake.rule, params=p),
    **draws.coordinates(rng, pairs, p["level"]),
)
rows = draws.refined_rows(p["labels"], *how)
rows += draws.exact_rows(rng, p["labels"], simulator, x, exact, (direct, log_posterior, refined))
tables.save(snakemake.output.rows, rows)

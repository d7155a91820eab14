"""Exact answers that the compared methods are held against, and what more of them score."""

from jana import simulators
from jana.io import log, netcdf, tables
from jana.judge import known
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
found = known.known(p["seed"], simulator, known.Sizes(**p["sizes"]))
arrays = {name: (axes, getattr(found, name)) for name, axes in known.AXES.items()}
names = {"parameter": list(simulator.theta_names)}
netcdf.save(snakemake.output.known, record(rule=snakemake.rule, params=p), names, **arrays)
rows = known.rows(p["labels"], found, simulator, p["seed"], p["judged"])
tables.save(snakemake.output.rows, rows)

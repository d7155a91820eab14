"""Posterior medians against the true parameters."""

import torch

from jana import simulators
from jana.diagnostics.recovery import recovery
from jana.io import log, netcdf, tables, tensors
from jana.judge import recovery as judge
from jana.provenance import record

log.to(snakemake.log[0])
p = dict(snakemake.params.items())
simulator = simulators.get(snakemake.wildcards.task)
names = simulator.theta_names
theta, draws = tensors.load(snakemake.input[0], "theta", "posterior")
members = [recovery(theta, member, simulator.prior.circular) for member in draws]
stacked = {name: torch.stack([getattr(m, name) for m in members]) for name in members[0]._fields}
netcdf.save(
    snakemake.output.medians,
    record(rule=snakemake.rule, params=p),
    {"parameter": list(names)},
    theta=(("dataset", "parameter"), theta),
    median=(("member", "dataset", "parameter"), stacked.pop("median")),
    **{name: (("member", "parameter"), values) for name, values in stacked.items()},
)
tables.save(snakemake.output.rows, judge.rows(p["labels"], members, names))

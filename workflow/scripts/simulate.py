"""Draws (theta, x) pairs from one simulator, and stores them slice by slice."""

from jana import simulators
from jana.io import log, netcdf
from jana.provenance import record
from jana.simulators import slices

log.to(snakemake.log[0])
p, split = snakemake.params, snakemake.wildcards.split
simulator = simulators.get(snakemake.wildcards.task)
drawn = {"train": slices.training, "observed": slices.observed}.get(split, slices.judged)
netcdf.save_rows(
    snakemake.output[0],
    record(rule=snakemake.rule, params=dict(p.items())),
    {"parameter": list(simulator.theta_names)},
    {
        "theta": ("dataset", "parameter"),
        "x": ("dataset", *simulator.x_axes),
        "x_clean": ("dataset", *simulator.x_axes),
    },
    drawn(simulator, p.seed, p.n, p.trials),
    p.n,
)

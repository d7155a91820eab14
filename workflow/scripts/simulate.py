"""Draws (theta, x) pairs from one simulator, and stores them."""

from jana import simulators
from jana.io import log, netcdf
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p = snakemake.params
simulator = simulators.get(snakemake.wildcards.task)
draw = simulator.observations if snakemake.wildcards.split == "observed" else simulator.draw
theta, x = draw(generator(p.seed), p.n)
x = x if p.trials is None else x[:, : p.trials]
train = snakemake.wildcards.split == "train"
clean = simulator.draw_clean(generator(p.seed), p.n) if train else None
extra = {} if clean is None else {"x_clean": (("dataset", *simulator.x_axes), clean)}
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=dict(p.items())),
    {"parameter": list(simulator.theta_names)},
    theta=(("dataset", "parameter"), theta),
    x=(("dataset", *simulator.x_axes), x),
    **extra,
)

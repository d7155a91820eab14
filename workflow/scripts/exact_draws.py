"""Two posterior samples of each observation: exact ones, or those of a published reference."""

from jana import simulators
from jana.io import log, netcdf, tensors
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = snakemake.params, simulators.get(snakemake.wildcards.task)
(observed,) = tensors.load(snakemake.input[0], "x")
first, second = simulator.posterior_samples(generator(p.seed), observed, p.draws)
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=dict(p.items())),
    {"parameter": list(simulator.theta_names)},
    first=(("dataset", "draw", "parameter"), first),
    second=(("dataset", "other_draw", "parameter"), second),
)

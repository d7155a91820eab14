"""Exact log densities of the held-out pairs: the likelihood, and what else is known."""

from jana import simulators
from jana.io import log, netcdf, tensors
from jana.judge import densities
from jana.provenance import record

log.to(snakemake.log[0])
simulator = simulators.get(snakemake.wildcards.task)
theta, x = (part.double() for part in tensors.load(snakemake.input[0], "theta", "x"))
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=dict(snakemake.params.items())),
    **{
        name: (("dataset",), values)
        for name, values in densities.exact(simulator, theta, x).items()
    },
)

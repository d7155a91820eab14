"""Errors of the amortized log marginal likelihoods."""

from jana.evidence.amortized import LogMarginal
from jana.io import log, netcdf, tables
from jana.judge import evidence

log.to(snakemake.log[0])
ours = LogMarginal(*netcdf.tensors(snakemake.input.evidence, *LogMarginal._fields))
(exact,) = netcdf.tensors(snakemake.input.exact, "marginal")
p = snakemake.params
rows = evidence.rows(p.labels, ours, exact[: ours.value.shape[1]], p.draws)
tables.save(snakemake.output[0], rows)

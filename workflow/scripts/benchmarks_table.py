"""One tidy table out of all jobs' rows."""

from jana.io import log, tables

log.to(snakemake.log[0])
tables.merge(snakemake.output[0], snakemake.input)

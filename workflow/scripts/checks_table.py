"""One tidy table of what the checks flagged."""

from jana.io import log, tables

log.to(snakemake.log[0])
tables.save(snakemake.output[0], tables.merged(snakemake.input).to_dict("records"))

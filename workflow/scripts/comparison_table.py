"""One tidy table of the comparison, with bands, claims and the published numbers."""

from jana.io import log, tables
from jana.judge import standing

log.to(snakemake.log[0])
table = tables.merged(snakemake.input)
rows = standing.rows(snakemake.params.seed, table, snakemake.params.claims)
tables.save(snakemake.output[0], table.astype(object).to_dict("records") + rows)

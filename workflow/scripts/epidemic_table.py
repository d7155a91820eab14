"""One tidy table of the epidemic, with verdicts."""

from jana.io import log, tables
from jana.judge import verdicts

log.to(snakemake.log[0])
table = tables.merged(snakemake.input)
rows = verdicts.rows(table, snakemake.params.thresholds)
tables.save(snakemake.output[0], table.astype(object).to_dict("records") + rows)

"""One tidy table of the diffusion experiment, with Bayes factors and paired differences."""

from jana.io import log, tables
from jana.judge import ablation, bayes_factors, verdicts

log.to(snakemake.log[0])
table = tables.merged(snakemake.input)
rows = verdicts.rows(table, snakemake.params.thresholds)
rows += bayes_factors.rows(table, snakemake.params.tasks)
rows += ablation.paired(table, snakemake.params.pairs)
tables.save(snakemake.output[0], table.astype(object).to_dict("records") + rows)

"""One table of all C2ST with many draws, with the published ones; also in words, in the log."""

from jana.io import log, tables
from jana.report import field

log.to(snakemake.log[0])
table = tables.merged(snakemake.input)
table = table[table.metric.isin(["c2st", "answer"])]
tables.save(snakemake.output[0], table.astype(object).to_dict("records"))
for line in field.entries(table):
    print(line)

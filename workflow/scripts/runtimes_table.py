"""Where the time went, as a tidy table."""

from jana.io import log, runtimes, tables
from jana.judge import runtimes as judged

log.to(snakemake.log[0])
p = snakemake.params
tables.save(snakemake.output[0], judged.rows(runtimes.load(p.folder), p.owners))

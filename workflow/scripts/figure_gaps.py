"""The share of flagged data by the size of a change of the simulator."""

from jana.io import log, pictures, tables
from jana.plots import followed, style
from jana.provenance import record

log.to(snakemake.log[0])
rows = tables.load(snakemake.input[0])
picture = followed.power(rows[rows.seed == 0], snakemake.params.level)
pictures.save(snakemake.output[0], style.png(picture, record(rule=snakemake.rule)))

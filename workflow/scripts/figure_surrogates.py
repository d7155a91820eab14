"""Series of the likelihood network over the simulator's, for parameters of the prior."""

from jana.io import log, netcdf, pictures
from jana.plots import followed, style
from jana.provenance import record

log.to(snakemake.log[0])
found = netcdf.load(snakemake.input[0])
picture = followed.others(found)
pictures.save(snakemake.output[0], style.png(picture, record(rule=snakemake.rule)))

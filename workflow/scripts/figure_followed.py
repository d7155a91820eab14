"""An observed series: posteriors over priors, or the simulator's and the networks' bands over it."""

from jana.io import log, netcdf, pictures
from jana.plots import followed, style
from jana.provenance import record

log.to(snakemake.log[0])
found = netcdf.load(snakemake.input[0])
picture = {
    "posterior": followed.posterior,
    "predictive": followed.predictive,
    "forecast": followed.forecast,
}[snakemake.wildcards.figure](found)
pictures.save(snakemake.output[0], style.png(picture, record(rule=snakemake.rule)))

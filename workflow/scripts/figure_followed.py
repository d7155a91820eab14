"""An observed series: posteriors over priors, or bands of the simulator and the networks."""

from jana.io import log, netcdf, pictures
from jana.plots import followed, style
from jana.provenance import record

log.to(snakemake.log[0])
found = netcdf.load(snakemake.input[0])
picture = {
    "observed_posterior": followed.posterior,
    "observed_predictive": followed.predictive,
    "observed_forecast": followed.forecast,
}[snakemake.wildcards.figure](found)
pictures.save(snakemake.output[0], style.png(picture, record(rule=snakemake.rule)))

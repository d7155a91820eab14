"""The report: one self-contained HTML file."""

from jana.io import log, netcdf
from jana.provenance import record
from jana.report import page

log.to(snakemake.log[0])
devices = {netcdf.load(history).attrs["device"] for history in snakemake.input.histories}
page.assemble(
    snakemake.output[0],
    snakemake.params.scale,
    snakemake.input.table,
    snakemake.params.shown,
    snakemake.input.captions,
    record(config=snakemake.params.config, trained_on=sorted(devices)),
)

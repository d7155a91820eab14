"""The report: one self-contained HTML file."""

from jana.io import log, netcdf
from jana.provenance import record
from jana.report import page

log.to(snakemake.log[0])
p = snakemake.params
devices = {netcdf.load(history).attrs["device"] for history in snakemake.input.histories}
page.assemble(
    snakemake.output[0],
    p.scale,
    {name: snakemake.input[name] for name in p.tables},
    p.pictures,
    {part: list(snakemake.input[name]) for part, name in p.overviews.items()},
    snakemake.input.captions,
    p.thresholds,
    record(config=p.config, trained_on=sorted(devices)),
)

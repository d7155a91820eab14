"""Series of the likelihood network over the simulator's, coverage by day, autocorrelation."""

from jana.io import log, netcdf, pictures
from jana.plots import series, style
from jana.provenance import record

log.to(snakemake.log[0])
found = netcdf.load(snakemake.input[0])
figure = style.figure(5.2)
panels = figure.subplots(3, found.sizes["number"], squeeze=False)
for column, name in zip(panels.T, found.number.values, strict=True):
    one = found.sel(number=name)
    series.bands(column[0], one.bands.values[:, 0], one.bands.values[:, 1], str(name))
    series.coverage(column[1], one.level.values, one.coverage.sel(source="jana").values)
    series.autocorrelation(
        column[2], {str(s): one.autocorrelation.sel(source=s).values for s in one.source.values}
    )
panels[0, 0].set_ylabel("reports (thousands)")
panels[1, 0].set_ylabel("share within")
panels[2, 0].set_ylabel("autocorrelation")
style.legend_outside(figure, panels[0, 0])
style.legend_outside(figure, panels[2, 0], side="lower")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

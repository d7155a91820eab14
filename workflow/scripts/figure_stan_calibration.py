"""SBC of reference fits and of ours, the first seed, on the same data sets."""

from jana.io import log, netcdf, pictures
from jana.plots import calibration, style
from jana.provenance import record

log.to(snakemake.log[0])
found = netcdf.load(snakemake.input[0])
figure = style.figure(3.0)
panels = figure.subplots(1, 2, sharey=True)
band = found.lower.values, found.upper.values
titles = "Stan", "posterior network"
for ax, curves, title in zip(panels, found["curves"].values[:2], titles, strict=True):
    calibration.rank_ecdfs(ax, found.grid.values, curves, *band, found.quantity.values)
    ax.set_title(title)
panels[1].set_ylabel("")
figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

"""Posterior SBC and joint SBC of the first seed, side by side."""

from jana.io import log, netcdf, pictures
from jana.plots import calibration, style
from jana.provenance import record

log.to(snakemake.log[0])
curves = netcdf.load(snakemake.input[0])
figure = style.figure(3.0)
panels = figure.subplots(1, 2, sharey=True)
kinds = {"posterior": "posterior SBC: simulated data", "joint": "joint SBC: surrogate data"}
for ax, (kind, title) in zip(panels, kinds.items(), strict=True):
    bounds = curves.grid.values, curves[kind].values[0], curves.lower.values, curves.upper.values
    calibration.rank_ecdfs(ax, *bounds, curves.quantity.values)
    ax.set_title(title)
panels[1].set_ylabel("")
figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

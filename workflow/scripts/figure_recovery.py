"""Posterior medians of the first seed over the true parameters."""

from math import ceil

from jana.io import log, netcdf, pictures
from jana.plots import recovery, style
from jana.provenance import record

log.to(snakemake.log[0])
found = netcdf.load(snakemake.input[0])
names = found.parameter.values
columns = min(5, len(names))
rows = ceil(len(names) / columns)
figure = style.figure(2.2 * rows + 0.4)
panels = figure.subplots(rows, columns, squeeze=False).flat
for index, (ax, name) in enumerate(zip(panels, names, strict=False)):
    scores = found.isel(member=0, parameter=index)
    note = f"r = {scores.correlation:.3f}\nR² = {scores.r2:.3f}"
    recovery.medians(ax, scores.theta.values, scores["median"].values, name, note)
for ax in figure.axes[len(names) :]:
    ax.remove()
figure.supxlabel("true value")
figure.supylabel("posterior median")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

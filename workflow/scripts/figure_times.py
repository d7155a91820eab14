"""Accuracy over time: for one observation, and for all."""

from jana.io import log, pictures, tables
from jana.plots import comparison, style
from jana.provenance import record
from jana.report.contests import timed

log.to(snakemake.log[0])
table, task = tables.load(snakemake.input[0]), snakemake.params.task
figure = style.figure(3.2)
panels = figure.subplots(1, 2, sharey=True)
shown = ("one data set, x = (0, 0)", "all data sets, C2ST of the others")
for ax, points, title in zip(panels, timed(table, task), shown, strict=True):
    comparison.times(ax, points, 0.5, "training and 1,000 draws of each (CPU s)")
    ax.set_title(title)
figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

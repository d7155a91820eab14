"""Held-out losses of networks trained jointly and separately, a line for each seed."""

from jana.io import log, pictures, tables
from jana.plots import ablation as plots
from jana.plots import style
from jana.provenance import record
from jana.report import ablation

log.to(snakemake.log[0])
table = tables.load(snakemake.input[0])
panels = ablation.panels(table, snakemake.params.pairs)
figure = style.figure(2.9)
for ax, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
    plots.pairs(ax, panel.asked, panel.values)
    ax.set(title=panel.title, ylabel="held-out loss (nats)")
handles = figure.axes[0].get_legend_handles_labels()
figure.legend(*handles, loc="outside upper center", ncols=2)
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

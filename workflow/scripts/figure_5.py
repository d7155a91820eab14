"""The paper's distance of posteriors and predictions, over that of exact samples."""

from jana.io import log, pictures, tables
from jana.plots import comparison, style
from jana.provenance import record
from jana.report.contests import boxed

log.to(snakemake.log[0])
table, task = tables.load(snakemake.input[0]), snakemake.params.task
figure = style.figure(3.4)
panels = figure.subplots(1, 2, width_ratios=(5, 3))
for ax, quantity in zip(panels, ("posterior", "predictive"), strict=True):
    comparison.boxes(ax, *boxed(table, task, quantity), f"{quantity} root MMD")
figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

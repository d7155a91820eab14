"""The paper's distance of posteriors and predictions, over that of exact samples."""

from jana.io import log, pictures, tables
from jana.plots import comparison, style
from jana.provenance import record
from jana.report.contests import boxed

log.to(snakemake.log[0])
table, task = tables.load(snakemake.input[0]), snakemake.params.task
quantities = ("posterior", "predictive")
found = [boxed(table, task, quantity) for quantity in quantities]
colours, figure = comparison.coloured(found), style.figure(3.4)
panels = figure.subplots(1, 2, width_ratios=(max(1, len(found[0])), max(1, len(found[1]))))
for ax, quantity, groups in zip(panels, quantities, found, strict=True):
    comparison.boxes(ax, groups, colours, f"{quantity} root MMD")
comparison.legend(figure, colours)
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

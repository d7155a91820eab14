"""C2ST of every task and observation, a panel for each design, beside published methods."""

from jana.io import log, pictures, tables
from jana.plots import field as plots
from jana.plots import style
from jana.provenance import record
from jana.report import field

log.to(snakemake.log[0])
table, designs = tables.load(snakemake.input[0]), snakemake.params.designs
figure = style.figure(3.2 * len(designs))
for ax, design in zip(figure.subplots(len(designs), squeeze=False)[:, 0], designs, strict=True):
    tasks, draws, *scores = field.picture(table, design)
    plots.scores(ax, tasks, *scores)
    ax.set_title(f"design {design}; ours with {draws:,} draws, published with 10,000")
handles = figure.axes[0].get_legend_handles_labels()
figure.legend(*handles, loc="outside upper center", ncols=5)
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

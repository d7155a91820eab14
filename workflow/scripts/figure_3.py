"""The paper's figure 3: SBC and joint SBC of two tasks, a row for each design."""

from jana.io import log, netcdf, pictures
from jana.judge.calibration import EXTRA
from jana.plots import calibration, style
from jana.provenance import record

log.to(snakemake.log[0])
p, curves = snakemake.params, [netcdf.load(path) for path in snakemake.input]
rows = [curves[index : index + len(p.tasks)] for index in range(0, len(curves), len(p.tasks))]
figure = style.figure(2.2 * len(rows) + 0.3)
panels = figure.subplots(len(rows), 2 * len(p.tasks), sharey=True, squeeze=False)
for line, found, design in zip(panels, rows, p.designs, strict=True):
    for index, (data, task) in enumerate(zip(found, p.tasks, strict=True)):
        names = [str(name) for name in data.quantity.values if name not in EXTRA]
        for ax, kind in zip(line[2 * index :], ("posterior", "joint"), strict=False):
            lines = data[kind].values[0, : len(names)]
            bounds = data.grid.values, lines, data.lower.values, data.upper.values
            calibration.rank_ecdfs(ax, *bounds, names)
            ax.set_title(f"{task}\n{design}: {kind}", fontsize=7)
            ax.set_ylabel("ECDF - uniform" if ax is line[0] else "")
            ax.legend(fontsize=5)
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

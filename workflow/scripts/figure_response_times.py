"""Densities of a response time at held-out parameters: ours over the exact ones."""

from math import ceil

from jana.io import log, netcdf, pictures
from jana.plots import evidence, style
from jana.provenance import record

log.to(snakemake.log[0])
found = netcdf.load(snakemake.input[0])
columns = min(5, found.sizes["point"])
figure = style.figure(1.7 * ceil(found.sizes["point"] / columns) + 0.4)
rows = ceil(found.sizes["point"] / columns)
panels = figure.subplots(rows, columns, squeeze=False).flat
for at, ax in enumerate(panels):
    if at >= found.sizes["point"]:
        ax.remove()
        continue
    one = found.isel(point=at)
    mass = one.exact.values.sum(0) * one.time.values
    shown = one.time.values[mass > 0.01 * mass.max()][-1]
    evidence.density(ax, one.time.values, one.ours.values, one.exact.values, shown)
    ax.set_title(
        "\n".join(
            f"{n.split()[0]} = {v:.2f}"
            for n, v in zip(one.parameter.values, one.theta.values, strict=True)
        ),
        fontsize=6,
    )
figure.supxlabel("signed response time (s)")
figure.supylabel("density (1/s)")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))

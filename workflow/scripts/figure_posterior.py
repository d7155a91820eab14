"""Posterior draws of the first seed over exact ones, for three observations."""

from jana.diagnostics.two_sample import ecdf_differences
from jana.io import log, netcdf
from jana.plots import posterior, style

log.to(snakemake.log[0])
(ours,) = netcdf.tensors(snakemake.input.draws, "posterior")
(exact,) = netcdf.tensors(snakemake.input.exact, "first")
names = netcdf.load(snakemake.input.exact).parameter.values
figure = style.figure(4.6)
for column, (top, bottom) in enumerate(figure.subplots(2, 3).T):
    first, second = exact[column], ours[0, column]
    labels = ("exact", "posterior network")
    posterior.clouds(top, first[:, :2].numpy(), second[:, :2].numpy(), tuple(names[:2]), labels)
    top.set_title(f"observation {column}")
    gaps = ecdf_differences(first, second)
    width = gaps.half_width.numpy()
    posterior.ecdf_differences(bottom, gaps.shares.numpy(), gaps.values.numpy(), -width, width)
handles = figure.axes[0].get_legend_handles_labels()
figure.legend(*handles, loc="outside upper center", ncols=2, markerscale=3)
style.save(figure, snakemake.output[0])

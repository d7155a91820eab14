"""Surrogate data of the first seed over simulated ones, at three true parameters."""

from jana.diagnostics.two_sample import ecdf_differences
from jana.io import log, netcdf
from jana.plots import posterior, style

log.to(snakemake.log[0])
simulated, fake = netcdf.tensors(snakemake.input[0], "simulated", "surrogate")
figure = style.figure(4.6)
for column, (top, bottom) in enumerate(figure.subplots(2, 3).T):
    first, second = simulated[column].flatten(1), fake[0, column].flatten(1)
    labels = ("simulator", "likelihood network")
    posterior.clouds(top, first[:, :2].numpy(), second[:, :2].numpy(), ("x_1", "x_2"), labels)
    top.set_title(f"parameters of observation {column}")
    gaps = ecdf_differences(first, second)
    width = gaps.half_width.numpy()
    posterior.ecdf_differences(bottom, gaps.shares.numpy(), gaps.values.numpy(), -width, width)
    bottom.set_xlabel("ECDF of simulated data")
handles = figure.axes[0].get_legend_handles_labels()
figure.legend(*handles, loc="outside upper center", ncols=2, markerscale=3)
style.save(figure, snakemake.output[0])

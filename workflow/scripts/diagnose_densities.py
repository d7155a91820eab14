"""Held-out losses and Kullback-Leibler divergences from the exact densities; training time."""

from jana.io import log, netcdf, tables
from jana.judge import densities

log.to(snakemake.log[0])
labels = snakemake.params.labels
ours = netcdf.tensors(snakemake.input.densities, "posterior", "likelihood")
exact = netcdf.tensors(snakemake.input.exact, "posterior", "likelihood")
(seconds,) = netcdf.tensors(snakemake.input.history, "seconds")
timed = tables.row(labels, "train_seconds", float(seconds), unit="s", method="jana")
tables.save(snakemake.output[0], [*densities.rows(labels, ours, exact), timed])

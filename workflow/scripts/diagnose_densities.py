"""Held-out losses and Kullback-Leibler divergences from the exact densities; training."""

from jana.io import log, netcdf, tables
from jana.judge import densities, training

log.to(snakemake.log[0])
labels, parts = snakemake.params.labels, ("posterior", "likelihood")
ours = netcdf.tensors(snakemake.input.densities, *parts)
exact = netcdf.tensors(snakemake.input.exact, *parts)
history = netcdf.tensors(snakemake.input.history, "best_epoch", "skipped", "seconds")
rows = densities.rows(labels, ours, exact) + training.rows(labels, parts, *history)
tables.save(snakemake.output[0], rows)

"""Held-out losses, gain over the prior, divergences from the exact densities; training."""

from jana.io import log, tables, tensors
from jana.judge import densities, training

log.to(snakemake.log[0])
labels, parts = snakemake.params.labels, ("posterior", "likelihood")
*ours, prior = tensors.load(snakemake.input.densities, *parts, "prior")
exact = tensors.load_all(snakemake.input.exact)
history = tensors.load(snakemake.input.history, "best_epoch", "skipped", "seconds")
rows = densities.rows(labels, tuple(ours), exact, prior)
tables.save(snakemake.output[0], rows + training.rows(labels, parts, *history))

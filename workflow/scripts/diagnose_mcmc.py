"""What NUTS on the likelihood network is worth, and its posteriors against reference fits."""

import torch

from jana import simulators
from jana.io import log, tables, tensors
from jana.judge import mcmc, pairings
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = snakemake.params, simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p.threads)
(x,), found = tensors.load(snakemake.input.observed, "x"), tensors.load_all(snakemake.input.found)
known = pairings.references(snakemake.input.fits, *x.shape[:2])
spread = simulator.prior.sample(generator(p.seed), 100_000).double().std(0)
theta, labels = found["draws"], p.labels | {"draws": found["draws"][0, 0, ..., 0].numel()}
rows = mcmc.rows(labels, found) + mcmc.c2st_rows(labels, theta, known, p.c2st)
given = theta.flatten(2, 3), known, spread, simulator.theta_names
rows += pairings.posterior_rows(labels, *given, mcmc.METHOD)
tables.save(snakemake.output[0], rows)

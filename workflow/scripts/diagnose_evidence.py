"""Errors of the amortized log marginal likelihoods and predictive densities."""

from jana import simulators
from jana.evidence.amortized import LogMarginal
from jana.evidence.predictive import Predictive
from jana.io import log, tables, tensors
from jana.judge import evidence
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = snakemake.params, simulators.get(snakemake.wildcards.task)
marginal = LogMarginal(*tensors.load(snakemake.input.evidence, *LogMarginal._fields))
names = (f"predictive_{name}" for name in Predictive._fields)
*predictive, new, powers = tensors.load(snakemake.input.evidence, *names, "new_x", "pooling")
pool = LogMarginal(
    *tensors.load(snakemake.input.evidence, *(f"pool_{name}" for name in LogMarginal._fields))
)
theta, x = (part[: len(new)] for part in tensors.load(snakemake.input.test, "theta", "x"))
ours = [
    part[:, : len(new)]
    for part in tensors.load(snakemake.input.densities, "posterior", "likelihood")
]
exact = evidence.exact(generator(p.seed), simulator, x, new)
joint = simulator.prior.log_prob(theta) + ours[1]
rows = evidence.rows(p.labels, marginal, exact.marginal, p.draws)
rows += evidence.scores(p.labels, "lpd", Predictive(*predictive), exact.predictive, p.draws)
rows += evidence.gain_of_refining(p.labels, joint - ours[0], pool, powers, p.chosen)
tables.save(snakemake.output[0], rows)

"""Exact log densities of the held-out pairs, and two exact posterior samples per observation."""

from jana import simulators
from jana.io import log, netcdf, tensors
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p = snakemake.params
simulator = simulators.get(snakemake.wildcards.task)
theta, x = (part.double() for part in tensors.load(snakemake.input.test, "theta", "x"))
(observed,) = tensors.load(snakemake.input.observed, "x")
rng, known = generator(p.seed), simulator.answers()
draws = ("dataset", "draw", "parameter")
details = record(rule=snakemake.rule, params=dict(p.items()))
netcdf.save(
    snakemake.output.draws,
    details,
    {"parameter": list(simulator.theta_names)},
    first=(draws, known.sample(rng, observed, p.draws)),
    second=(draws, known.sample(rng, observed, p.draws)),
)
netcdf.save(
    snakemake.output.densities,
    details,
    posterior=(("dataset",), known.log_posterior(theta, x)),
    likelihood=(("dataset",), simulator.log_likelihood(theta, x)),
    marginal=(("dataset",), known.log_marginal(x)),
)

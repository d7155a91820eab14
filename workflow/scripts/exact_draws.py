"""Two posterior samples of each observation: exact ones, a published reference's, or Stan's."""

from jana import simulators
from jana.io import log, netcdf, tensors
from jana.judge import fitted
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = snakemake.params, simulators.get(snakemake.wildcards.task)
(observed,) = tensors.load(snakemake.input.observed, "x")
fits = [netcdf.load(path) for path in snakemake.input.get("fits", ())]
rng, n = generator(p.seed), p.draws
first, second = fitted.samples(rng, fits, n) or simulator.posterior_samples(rng, observed, n)
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=dict(p.items())),
    {"parameter": list(simulator.theta_names)},
    first=(("dataset", "draw", "parameter"), first),
    second=(("dataset", "other_draw", "parameter"), second),
)

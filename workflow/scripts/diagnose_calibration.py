"""Rank ECDFs of SBC and joint SBC with their band, p-values; draws outside the prior."""

from jana import simulators
from jana.io import log, netcdf, tables
from jana.judge import calibration
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p = dict(snakemake.params.items())
simulator = simulators.get(snakemake.wildcards.task)
theta, posterior, joint = netcdf.tensors(snakemake.input[0], "theta", "posterior", "joint")
draws = {"posterior": posterior, "joint": joint}
found = calibration.calibration(generator(p["seed"]), theta, draws, p["level"])
log_prior = simulator.prior.log_prob(posterior)
rows = calibration.rows(p["labels"], found, log_prior, simulator.theta_names)
netcdf.save(
    snakemake.output.curves,
    record(rule=snakemake.rule, params=p),
    {"parameter": list(simulator.theta_names)},
    grid=(("rank",), found.grid),
    posterior=(("member", "parameter", "rank"), found.posterior),
    joint=(("member", "parameter", "rank"), found.joint),
    lower=(("rank",), found.lower),
    upper=(("rank",), found.upper),
)
tables.save(snakemake.output.rows, rows)

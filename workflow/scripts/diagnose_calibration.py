"""Rank ECDFs of SBC, joint SBC and TARP with their band, p-values; draws outside the prior."""

from jana import simulators
from jana.io import log, netcdf, tables, tensors
from jana.judge import calibration
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p = dict(snakemake.params.items())
simulator, source = simulators.get(snakemake.wildcards.task), snakemake.input.draws
(theta,) = tensors.load(source, "theta")
pool = [part[len(theta) :] for part in tensors.load(snakemake.input.test, "theta", "x")]
answers = {}
for kind in calibration.METRICS:
    *found, x = tensors.load(source, kind, f"{kind}_scores", f"{kind}_truth", f"{kind}_x")
    near = [calibration.references(member, pool, simulator.exchangeable) for member in x]
    answers[kind] = [calibration.Answers(*one) for one in zip(*found, near, strict=True)]
found = calibration.calibration(generator(p["seed"]), theta, answers, p["level"])
(posterior,) = tensors.load(source, "posterior")
log_prior = simulator.prior.log_prob(posterior)
netcdf.save(
    snakemake.output.curves,
    record(rule=snakemake.rule, params=p),
    {"quantity": [*simulator.theta_names, *calibration.EXTRA]},
    grid=(("rank",), found.grid),
    posterior=(("member", "quantity", "rank"), found.posterior),
    joint=(("member", "quantity", "rank"), found.joint),
    lower=(("rank",), found.lower),
    upper=(("rank",), found.upper),
)
rows = calibration.rows(p["labels"], found, log_prior, simulator.theta_names)
tables.save(snakemake.output.rows, rows)

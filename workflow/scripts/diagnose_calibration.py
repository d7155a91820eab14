"""Rank ECDFs of SBC, joint SBC and TARP with their band, p-values; draws outside the prior."""

from jana import simulators
from jana.io import log, netcdf, tables, tensors
from jana.judge import calibration
from jana.provenance import record

log.to(snakemake.log[0])
p = dict(snakemake.params.items())
simulator, source = simulators.get(snakemake.wildcards.task), snakemake.input.draws
pool, log_prior = tensors.load(snakemake.input.test, "theta", "x"), simulator.prior.log_prob
theta, powers = tensors.load(source, "theta", "pooling")
answers, refined = {}, {}
for kind in calibration.METRICS:
    *found, x = tensors.load(source, kind, f"{kind}_scores", f"{kind}_truth", f"{kind}_x")
    others = [part[len(theta) :] for part in pool]
    near = [calibration.references(member, others, simulator.exchangeable) for member in x]
    answers[kind] = [calibration.Answers(*one) for one in zip(*found, near, strict=True)]
    refined[kind] = calibration.refined(answers[kind], log_prior, theta, powers.tolist())
direct, weighted = calibration.both(p["seed"], theta, answers, refined, p["level"])
netcdf.save(
    snakemake.output.curves,
    record(rule=snakemake.rule, params=p),
    {"quantity": [*simulator.theta_names, *calibration.EXTRA]},
    **calibration.curves(direct),
)
names = simulator.theta_names
rows = calibration.rows(p["labels"], direct, names, "jana")
rows += calibration.rows(p["labels"], weighted, names, "jana_refined")
rows += calibration.outside(p["labels"], log_prior, answers)
tables.save(snakemake.output.rows, rows + calibration.weighed(p["labels"], refined))

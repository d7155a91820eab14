"""Rank ECDFs of SBC, joint SBC and TARP with their band, p-values; draws outside the prior."""

from jana import simulators
from jana.io import log, netcdf, tables, tensors
from jana.judge import calibration
from jana.provenance import record
from jana.rng import generator

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
null, level = calibration.uniform(generator(p["seed"]), answers), p["level"]
judged = [
    calibration.calibration(generator(p["seed"]), theta, each, level, null)
    for each in (answers, refined)
]
netcdf.save(
    snakemake.output.curves,
    record(rule=snakemake.rule, params=p),
    {"quantity": [*simulator.theta_names, *calibration.EXTRA]},
    **calibration.curves(judged[0]),
)
names = simulator.theta_names
rows = calibration.rows(p["labels"], judged[0], names, "jana")
rows += calibration.rows(p["labels"], judged[1], names, "jana_refined")
rows += calibration.outside(p["labels"], log_prior, answers)
tables.save(snakemake.output.rows, rows + calibration.weighed(p["labels"], refined))

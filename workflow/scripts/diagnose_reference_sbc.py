"""SBC of reference fits beside ours, on the same data sets: curves, their band, p-values."""

import torch

from jana import simulators
from jana.io import log, netcdf, tables, tensors
from jana.judge import calibration, reference_sbc
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
theta, x = tensors.load(snakemake.input.test, "theta", "x")
files = [netcdf.load(path) for path in snakemake.input.fits]
stan = torch.cat([torch.from_numpy(file["draws"].values) for file in files]).to(theta)
status = [str(one) for file in files for one in file["status"].values]
made, pool = stan.isfinite().all(-1).all(-1).nonzero()[:, 0], p["judged"]
near = calibration.references(x[made], (theta[pool:], x[pool:]), simulator.exchangeable)
truth = theta[made], x[made]
answers = [reference_sbc.exactly(simulator, *truth, stan[made], near)]
ours = tensors.load(snakemake.input.ours, "posterior", "posterior_scores", "posterior_truth")
for one in zip(*ours, strict=True):
    answers.append(calibration.Answers(*(part[made] for part in one), near))
found = reference_sbc.beside(generator(p["seed"]), truth[0], answers, p["level"])
netcdf.save(
    snakemake.output.curves,
    record(rule=snakemake.rule, params=p),
    {"quantity": [*simulator.theta_names, *calibration.EXTRA]},
    curves=(("answer", "quantity", "rank"), found.curves),
    **{name: (("rank",), getattr(found, name)) for name in ("grid", "lower", "upper")},
)
rows = reference_sbc.rows(p["labels"], found, simulator.theta_names, status, len(made))
tables.save(snakemake.output.rows, rows)

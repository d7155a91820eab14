"""Reference fits of some of the held-out data sets, for SBC: draws, thinned, and their gate."""

import json
from pathlib import Path

import numpy as np

from jana import simulators
from jana.io import log, netcdf, tensors
from jana.judge import reference_sbc
from jana.provenance import digest, record
from jana.stan.job import Job
from jana.stan.nuts import Settings
from jana.stan.reference import PROGRAMS

log.to(snakemake.log[0])
p, task = dict(snakemake.params.items()), snakemake.wildcards.task
about = json.loads(Path(snakemake.input.toolchain).read_text(encoding="utf-8"))
library, sampler = (Path(snakemake.input[name]).resolve() for name in ("library", "sampler"))
given = PROGRAMS[task], library, Settings(**p["settings"]), p["seed"], digest(about)
job = Job(*given, sampler if sampler.stat().st_size else None)
(x,), simulator = tensors.load(snakemake.input.test, "x"), simulators.get(task)
fits = [reference_sbc.fitted(job, simulator, x[i], i, p["draws"]) for i in p["datasets"]]
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, **about),
    {"parameter": list(simulator.theta_names)},
    draws=(("dataset", "draw", "parameter"), np.stack([draws for draws, _ in fits])),
    status=(("dataset",), np.array([status for _, status in fits])),
)

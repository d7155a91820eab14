"""Reference fits of some data sets, a shard each; goes on where an interrupted run stopped."""

import json
from pathlib import Path

from jana import simulators
from jana.io import log, netcdf, tensors
from jana.judge import reference
from jana.provenance import digest, record
from jana.stan.job import Job
from jana.stan.nuts import Settings
from jana.stan.reference import PROGRAMS

log.to(snakemake.log[0])
p, task = dict(snakemake.params.items()), snakemake.wildcards.task
about = json.loads(Path(snakemake.input.toolchain).read_text(encoding="utf-8"))
identity = digest([about, p["settings"], p["seed"], p["code"]])
library, sampler = (Path(snakemake.input[name]).resolve() for name in ("library", "sampler"))
given = PROGRAMS[task], library, Settings(**p["settings"]), p["seed"], identity
job = Job(*given, sampler if sampler.stat().st_size else None)
(x,) = tensors.load(snakemake.input.observed, "x")
simulator, folder = simulators.get(task), Path(p["shards"])
shards = [reference.shard(folder, job, simulator, x[i], i) for i in p["datasets"]]
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, said=reference.messages(shards, p["datasets"]), **about),
    {"parameter": list(simulator.theta_names)},
    **reference.gathered(shards, p["datasets"]),
)

"""One faulty pair under every check: the share of repeats that each flags."""

from jana import simulators
from jana.io import log, tables
from jana.judge import checks, pairs
from jana.rng import generator

log.to(snakemake.log[0])
p = snakemake.params
task, make = pairs.FAULTS[p.fault]
simulator, sizes = simulators.get(task), checks.Sizes(*(p.sizes[name] for name in p.sizes))
found = checks.flags(generator(p.seed), simulator, make(simulator), sizes, p.repeats)
tables.save(snakemake.output[0], checks.rows(p.labels | {"task": task}, p.fault, found))

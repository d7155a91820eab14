"""Errors of the leave-one-out predictive densities."""

from itertools import chain

from jana import simulators
from jana.evidence.elpd import Elpd
from jana.io import log, tables, tensors
from jana.judge import loo

log.to(snakemake.log[0])
p, simulator = snakemake.params, simulators.get(snakemake.wildcards.task)
found = {
    method: Elpd(*tensors.load(snakemake.input.loo, *(f"{way}_{name}" for name in Elpd._fields)))
    for method, way in (("jana", "direct"), ("jana_psis", "psis"))
}
x = tensors.load(snakemake.input.test, "x")[0][: found["jana"].total.shape[1]]
exact = loo.exact(simulator, x)
rows = [loo.rows(p.labels, method, ours, exact, p.draws) for method, ours in found.items()]
tables.save(snakemake.output[0], chain.from_iterable(rows))

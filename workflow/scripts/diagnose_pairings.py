"""Evidence, leave-one-out and posteriors of each data set, against reference fits of them."""

from jana import simulators
from jana.evidence.amortized import LogMarginal
from jana.evidence.elpd import Elpd
from jana.io import log, tables, tensors
from jana.judge import pairings
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = snakemake.params, simulators.get(snakemake.wildcards.task)
(x,), found = tensors.load(snakemake.input.observed, "x"), tensors.load_all(snakemake.input.found)
known = pairings.references(snakemake.input.fits, *x.shape[:2])
rows, labels = [], p.labels | {"draws": p.draws}
for method in (name.removesuffix("_marginal_value") for name in found if "marginal_value" in name):
    marginal = LogMarginal(*(found[f"{method}_marginal_{name}"] for name in LogMarginal._fields))
    left_out = Elpd(*(found[f"{method}_left_out_{name}"] for name in Elpd._fields))
    rows += pairings.rows(labels, method, marginal, left_out, known)
spread = simulator.prior.sample(generator(p.seed), 100_000).double().std(0)
names = simulator.theta_names
rows += pairings.posterior_rows(labels, found["posterior"], known, spread, names)
rows += pairings.reference_rows(labels, known, spread, names)
tables.save(snakemake.output[0], rows)

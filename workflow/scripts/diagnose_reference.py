"""What the reference fits are worth: the gate, and how far off they are where answers are exact."""

from itertools import chain

from jana import simulators
from jana.io import log, netcdf, tables, tensors
from jana.judge import reference

log.to(snakemake.log[0])
labels, simulator = snakemake.params.labels, simulators.get(snakemake.wildcards.task)
(x,) = tensors.load(snakemake.input.observed, "x")
exact = reference.answers(simulator, x, tensors.load_if_any(snakemake.input.exact, "first"))
found = [reference.rows(labels, netcdf.load(path), exact) for path in snakemake.input.fits]
tables.save(snakemake.output[0], chain.from_iterable(found))

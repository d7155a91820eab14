"""A method's answers, of every seed, against exact ones."""

from jana import simulators
from jana.io import log, netcdf, tables, tensors
from jana.judge import comparison
from jana.judge.known import Known
from jana.provenance import seed_of

log.to(snakemake.log[0])
p, simulator = snakemake.params, simulators.get(snakemake.wildcards.task)
known, rows = Known(*tensors.load(snakemake.input.known, *Known._fields)), []
for seed, path in enumerate(snakemake.input.runs):
    status, labels = netcdf.load(path).attrs["status"], p.labels | {"seed": seed}
    found = tensors.load_all(path)
    rows += comparison.rows(labels, status, found, known, simulator, seed_of(p.seed, seed))
tables.save(snakemake.output[0], rows)

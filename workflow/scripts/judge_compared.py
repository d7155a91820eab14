"""A method's answers against exact ones."""

from jana import simulators
from jana.io import log, netcdf, tables, tensors
from jana.judge import comparison
from jana.judge.known import Known

log.to(snakemake.log[0])
p, simulator = snakemake.params, simulators.get(snakemake.wildcards.task)
known = Known(*tensors.load(snakemake.input.known, *Known._fields))
status = netcdf.load(snakemake.input.run).attrs["status"]
found = tensors.load_all(snakemake.input.run)
rows = comparison.rows(p.labels, status, found, known, simulator, p.seed)
tables.save(snakemake.output[0], rows)

"""C2ST of one member's draws against exact ones, observation by observation."""

from jana.io import log, netcdf, tables
from jana.judge import c2st

log.to(snakemake.log[0])
member = int(snakemake.wildcards.member)
(draws,) = netcdf.tensors(snakemake.input.draws, "posterior")
(exact,) = netcdf.tensors(snakemake.input.exact, "first")
rows = c2st.rows(snakemake.params.labels, exact, draws[member], seed=member, method="jana")
tables.save(snakemake.output[0], rows)

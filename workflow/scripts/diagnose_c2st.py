"""C2ST of one member's draws, direct and (in few dimensions) refined, against exact ones."""

from itertools import chain

from jana.io import log, tables, tensors
from jana.judge import c2st

log.to(snakemake.log[0])
p, member = snakemake.params, int(snakemake.wildcards.member)
(exact,) = tensors.load(snakemake.input.exact, "first")
methods = c2st.methods(exact.shape[2], p.refined_parameters)
draws = tensors.load(snakemake.input.draws, *methods.values())
rows = [
    c2st.rows(p.labels, exact, sample[member], seed=member, method=method)
    for method, sample in zip(methods, draws, strict=True)
]
tables.save(snakemake.output[0], chain.from_iterable(rows))

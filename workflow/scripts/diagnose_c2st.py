"""C2ST of one member's answer, and in few dimensions of its other draws, against exact ones."""

from itertools import chain

from jana.io import log, tables, tensors
from jana.judge import answers, c2st

log.to(snakemake.log[0])
p, member = snakemake.params, int(snakemake.wildcards.member)
(exact,) = tensors.load(snakemake.input.exact, "first")
answer = answers.answer(tables.merged(snakemake.input.get("evidence", ())))
methods = c2st.methods(answer, exact.shape[2], p.both)
draws = tensors.load(snakemake.input.draws, *methods.values())
rows = [
    c2st.rows(p.labels, exact, sample[member], seed=member, method=method)
    for method, sample in zip(methods, draws, strict=True)
]
said = tables.row(p.labels, "answer", 1.0, method=answer)
tables.save(snakemake.output[0], [said, *chain.from_iterable(rows)])

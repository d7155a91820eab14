"""What C2ST gives for a second exact sample of each observation."""

from jana.io import log, tables, tensors
from jana.judge import c2st

log.to(snakemake.log[0])
exact = tensors.load(snakemake.input[0], "first", "second")
tables.save(snakemake.output[0], c2st.rows(snakemake.params.labels, *exact, method="exact"))

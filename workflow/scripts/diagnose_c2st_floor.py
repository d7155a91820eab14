"""What C2ST gives for a second exact sample, or a reference's, of each observation."""

from jana.io import log, tables, tensors
from jana.judge import c2st

log.to(snakemake.log[0])
first, second = tensors.load(snakemake.input[0], "first", "second")
rows = c2st.rows(snakemake.params.labels, first[:, : second.shape[1]], second, method="exact")
tables.save(snakemake.output[0], rows)

"""Lists what is to be trained of one task and design, for bench/gpu.py."""

from jana import trainer
from jana.io import log

log.to(snakemake.log[0])
params = dict(snakemake.params.items())
model, history, _ = (params.pop(name) for name in ("model", "history", "listed"))
train, watched, *apart = snakemake.input
job = trainer.Job(
    task=snakemake.wildcards.task,
    name=snakemake.wildcards.design,
    rule="train",
    params=params,
    train=train,
    watched=watched,
    apart=tuple(apart),
    model=model,
    history=history,
)
job.write(snakemake.output[0])

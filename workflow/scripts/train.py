"""Trains the networks of one task and design; goes on where an interrupted run stopped."""

from jana import trainer
from jana.io import log

log.to(snakemake.log[0])
train, watched, *apart = snakemake.input
job = trainer.Job(
    task=snakemake.wildcards.task,
    name=snakemake.wildcards.design,
    rule=snakemake.rule,
    params=dict(snakemake.params.items()),
    train=train,
    watched=watched,
    apart=tuple(apart),
    model=snakemake.output.model,
    history=snakemake.output.history,
)
trainer.train(job)

"""Compiles one Stan program, or takes it out of the cache; says with what."""

from pathlib import Path

from jana.io import log
from jana.judge import reference
from jana.stan import toolchain

log.to(snakemake.log[0])
chosen = toolchain.find(snakemake.params.toolchain)
print(f"toolchain: {chosen.describe()}", flush=True)
program, cache = Path(snakemake.input.program), Path(snakemake.params.cache)
reference.prepare(chosen, program, cache, dict(snakemake.output.items()))

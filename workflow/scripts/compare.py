"""One method, with one budget and seed: it learns, and draws; or says why it did not."""

import torch

from jana import contenders, simulators
from jana.baselines import run
from jana.io import log, netcdf, tensors
from jana.provenance import record
from jana.simulators.base import Draws

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
x, first, other, *held_out = tensors.load(
    snakemake.input[0], "x", "first", "other", "theta", "theta_x"
)
sizes = len(first), p["many"] or len(first), other.shape[1]
asked = run.Asked(x if p["many"] else x[:1], *sizes, Draws(*held_out))
method = contenders.contender(p["contender"], snakemake.wildcards.method, simulator, x.shape[1:])
found = run.run(method, simulator, p["budget"], tuple(p["seeds"]), asked, p["limit"])
where = {"device": f"cpu, {torch.get_num_threads()} thread(s)", "status": found.status}
details = record(rule=snakemake.rule, params=p, **where)
netcdf.save(snakemake.output[0], details, **found.arrays)

"""How often data of a changed simulator are told from its own, by their summaries."""

from functools import partial

import torch

from jana import recipes, simulators
from jana.inference import gaps
from jana.io import log, tables, tensors
from jana.judge import gaps as judge
from jana.provenance import seed_of
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
rng = generator(seed_of(p["seed"], "gaps"))
theta, x = tensors.load(snakemake.input.test, "theta", "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
few, summarize = theta[: p["parameters"]], partial(gaps.summaries, model)
drawn = partial(gaps.drawn, rng, simulator, few, p["series"], p["each"])
same = gaps.repeated(rng, simulator.simulate, few, p["replicates"])
changes = judge.changes(summarize, drawn, p["changes"], p["each"])
reference = summarize(x), summarize(same).unflatten(1, (len(few), -1))
asked = p["level"], p["group"]
rows = judge.rows(rng, p["labels"], *reference, list(changes), *asked)
tables.save(snakemake.output[0], rows)

"""Held-out losses of one way to train: the next rows of the training set, whole."""

import torch

from jana import recipes, simulators
from jana.inference import draws, refine, surrogate
from jana.io import log, tables, tensors
from jana.judge import ablation, training

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
held_out = slice(p["simulations"], p["simulations"] + p["test"])
pairs = (part[held_out] for part in tensors.load(snakemake.input.train, "theta", "x"))
theta, x = pairs
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
pair, rngs = model.shared(theta, x), recipes.generators(p["seeds"], "ablation")
found = draws.posterior_draws(model, rngs, pair[1], p["draws"])
marginal, _ = refine.evidence(model, simulator.prior.log_prob, found, pair[1])
rows = ablation.rows(
    p["labels"],
    simulator.prior.log_prob(theta),
    draws.log_posterior(model, *pair),
    surrogate.log_likelihood(model, *pair),
    marginal,
    of_data=not p["design"].get("shared", False),
)
history = tensors.load(snakemake.input.history, "best_epoch", "skipped", "seconds")
rows += training.rows(p["labels"], ("posterior", "likelihood"), *history)
tables.save(snakemake.output[0], rows)

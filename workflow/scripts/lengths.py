"""The networks on data sets of other numbers of trials than they are judged with elsewhere."""

import torch

from jana import recipes, simulators
from jana.inference import draws, surrogate
from jana.io import log, tables
from jana.judge import lengths
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
rng, rows = generator(p["seed"]), []
theta = simulator.prior.sample(rng, p["datasets"])
for trials in p["trials"]:
    x = lengths.lengthened(rng, simulator, theta, trials)
    model = recipes.trained(snakemake.input[0], p["design"], simulator, x, p["device"])
    pairs = model.shared(theta, x)
    found = draws.posterior_draws(
        model, recipes.generators(p["seeds"], "lengths", trials), pairs[1], p["draws"]
    )
    at_draws = surrogate.log_likelihood_of_draws(model, found.draws, pairs[1])
    at_truth = draws.log_posterior(model, *pairs), surrogate.log_likelihood(model, *pairs)
    labels = p["labels"] | {"setting": f"{trials} trials", "draws": p["draws"]}
    rows += lengths.rows(labels, rng, pairs, found, at_truth, at_draws, simulator)
tables.save(snakemake.output[0], rows)

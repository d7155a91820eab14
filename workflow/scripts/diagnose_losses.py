"""Held-out losses of a series' networks in the paper's units."""

import torch

from jana import recipes, simulators
from jana.inference import gaps, series
from jana.inference.draws import log_posterior
from jana.io import log, tables, tensors
from jana.judge import losses
from jana.training.losses import normal_mmd2

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
theta, x = tensors.load(snakemake.input.test, "theta", "x")
(train,) = tensors.load(snakemake.input.train, "theta")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
features = gaps.summaries(model, x[: p["penalized"]])[..., model.summary.learned]
densities = (
    log_posterior(model, *model.shared(theta, x)),
    series.log_steps(model, theta, x).sum(-1),
)
penalty = model.penalty * normal_mmd2(features)
tables.save(snakemake.output[0], losses.rows(p["labels"], train.std(0), x, *densities, penalty))

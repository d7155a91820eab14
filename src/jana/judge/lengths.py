"""A pair of networks on data sets of another number of trials."""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..diagnostics import ecdf
from ..diagnostics.densities import divergence
from ..diagnostics.ranks import ranks
from ..evidence.amortized import LogMarginal, log_mean_weight
from ..evidence.predictive import Predictive
from ..flows.flow import Sample
from ..io.tables import row
from ..simulators.base import Simulator
from .calibration import adjusted
from .evidence import scores


def lengthened(
    rng: Generator, simulator: Simulator, theta: Float[Tensor, "B D"], trials: int
) -> Float[Tensor, "B T X"]:
    """Data sets of `trials` exchangeable trials, out of as many simulated ones as that takes."""
    found = simulator.simulate(rng, theta)
    while found.shape[1] < trials:
        found = torch.cat([found, simulator.simulate(rng, theta)], 1)
    return found[:, :trials]


def rows(
    labels: dict,
    rng: Generator,
    pairs: tuple[Float[Tensor, "M B D"], Float[Tensor, "M B T X"]],
    found: Sample,
    at_truth: tuple[Float[Tensor, "M B"], Float[Tensor, "M B"]],
    log_likelihood: Float[Tensor, "M B L"],
    simulator: Simulator,
) -> list[dict]:
    """Per seed: posterior KL, p-values of SBC, and the evidence beside that of the true likelihood.

    log p(x) under the true likelihood is estimated by importance sampling from the same draws, so
    that what remains in `lml_rmse` and `lml_bias` is the likelihood network's error. A data set
    that no draw is possible for counts in neither, nor in the KL divergence; its k-hat is inf.

    Args:
        labels: Columns that all rows share.
        rng: Of the p-values' null distribution.
        pairs: theta and x.
        found: Draws of the posterior network.
        at_truth: Our log posterior and log likelihood of theta.
        log_likelihood: Ours, at the draws.
        simulator: With the log likelihood of any number of trials.
    """
    (theta, x), draws = pairs, found.draws
    base = simulator.prior.log_prob(draws).double() - found.log_prob.double()
    each = zip(draws.double().unbind(1), x.double().unbind(1), strict=True)  # to bound memory
    true = torch.stack([simulator.log_likelihood(theta, x[:, None]) for theta, x in each], 1)
    ours, exact = (log_mean_weight(base + part.double()) for part in (log_likelihood, true))
    prior, likelihood = (
        f.double()
        for f in (simulator.prior.log_prob(theta), simulator.log_likelihood(theta, x.to(theta)))
    )
    n, sets = draws.shape[2], draws.shape[1]
    null, table = ecdf.null_extremes(rng, sets, n), []
    for seed in range(len(draws)):
        fields = {"seed": seed, "method": "jana"}
        # Where no draw is possible in truth, there is nothing to compare with; k-hat is inf.
        known = exact.value[seed] > -math.inf
        reference = exact.value[seed].where(known, math.nan)
        truth = (prior[seed] + likelihood[seed] - reference)[known]
        parts = {"kl_likelihood": divergence(likelihood[seed], at_truth[1][seed])}
        if known.any():
            parts["kl_posterior"] = divergence(truth, at_truth[0][seed][known])
        table += [
            row(labels, name, m.value, error=m.error, unit="nats", **fields)
            for name, m in parts.items()
        ]
        p_values = adjusted(ranks(theta[seed], draws[seed]), n, null)
        table += [
            row(labels, "sbc_pvalue", float(p), quantity=name, **fields)
            for name, p in zip(simulator.theta_names, p_values, strict=True)
        ]
        table += [
            row(labels, "khat", float(k), observation=b, **fields)
            for b, k in enumerate(ours.khat[seed])
        ]
        one = LogMarginal(*(part[seed : seed + 1] for part in ours))
        against = Predictive(reference, exact.error[seed])
        gaps = scores(labels, "lml", Predictive(*one[:2]), against, n)
        table += [
            line | {"seed": seed} for line in gaps if line["metric"] in ("lml_rmse", "lml_bias")
        ]
    return table

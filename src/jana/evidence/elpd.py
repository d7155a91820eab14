"""Leave-one-out predictive densities of exchangeable trials, from log densities at draws.

Both estimates are means of each trial's density under weighted draws, and have their Monte Carlo
errors by the delta method for self-normalised weights. Draws are taken as independent, unless it
is said of how many chains they are.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from arviz_stats.base import array_stats
from jaxtyping import Float
from torch import Tensor

from .psis import smooth


class Elpd(NamedTuple):
    """Expected log predictive densities, in nats: log p(trial | all other trials).

    Attributes:
        pointwise: One per trial.
        error: Monte Carlo standard error of each.
        khat: Pareto shape of the weights; above 0.7 neither value nor error is to be trusted.
            -inf where the weights are as good as equal, as they all are in `direct`.
        total: Sum over trials.
        total_error: Its Monte Carlo standard error. Trials share their draws, so the root of the
            summed squares of `error` is not it: too small by a fifth in easy cases, and
            to a quarter of it where prior and data disagree.
    """

    pointwise: Float[Tensor, "*B T"]
    error: Float[Tensor, "*B T"]
    khat: Float[Tensor, "*B T"]
    total: Float[Tensor, "*B"]
    total_error: Float[Tensor, "*B"]


def psis(log_likelihood: Float[Tensor, "*B L T"], chains: int | None = None) -> Elpd:
    """By Pareto-smoothed importance sampling, from draws of the posterior of all trials.

    A draw's weight for trial i is 1 / p(trial i | draw). A draw that gives any trial no density
    has none under the posterior either, and counts as zero. Where leaving a trial out widens
    the support (a shift below the fastest response), no weights reach what is new: the value is
    too high then, and khat need not tell.

    Reference: Vehtari, Gelman & Gabry (2017), arXiv:1507.04544.

    Args:
        log_likelihood: log p(trial | theta_l) at L draws from p(theta | all trials); 25 or more.
        chains: How many chains of equal length the draws are, one after another: errors are then
            those of as many effective draws. None: they are independent.

    Raises:
        ValueError: If a log density is NaN or infinite.
    """
    impossible = (log_likelihood == -math.inf).any(-1, keepdim=True)
    ratios = (-log_likelihood).masked_fill(impossible, -math.inf)
    return importance(log_likelihood, ratios, chains)


def importance(
    log_likelihood: Float[Tensor, "*#B L T"],
    log_ratios: Float[Tensor, "*B L T"],
    chains: int | None = None,
) -> Elpd:
    """By Pareto-smoothed importance sampling, from draws of any density.

    Args:
        log_likelihood: log p(trial | theta_l) at L draws; 25 or more.
        log_ratios: Entry (l, i) is the log ratio of p(theta_l | all trials but i) to the density
            that theta_l was drawn from, up to a constant of i; -inf for a weight of zero.
        chains: As in `psis`.

    Raises:
        ValueError: If a log density or ratio is NaN or infinite.
    """
    logs = _by_trial(log_likelihood)
    weights, khat = smooth(log_ratios.double().mT)
    return _elpd(logs, weights - weights.logsumexp(-1, keepdim=True), khat, chains)


def direct(log_likelihood: Float[Tensor, "*B L T"]) -> Elpd:
    """By draws of the very posteriors that have not seen the trial: exact, if those are.

    Args:
        log_likelihood: Entry (l, i) is the log density of trial i at the l-th draw from
            p(theta | all trials but i); 2 draws or more, of all trials independently or all
            from the same random numbers.

    Raises:
        ValueError: If a log density is NaN or infinite, or there is one draw only.
    """
    logs = _by_trial(log_likelihood)
    n = logs.shape[-1]
    if n < 2:
        raise ValueError(f"a mean with an error needs 2 draws or more, not {n}: draw more")
    equal = torch.full_like(logs, -math.log(n))
    return _elpd(logs, equal, torch.full_like(logs[..., 0], -math.inf))


def _by_trial(log_likelihood: Float[Tensor, "*B L T"]) -> Float[Tensor, "*B T L"]:
    if not (log_likelihood < math.inf).all():
        raise ValueError(
            "log densities must be numbers or -inf, not NaN or inf: look at where they came from"
        )
    return log_likelihood.double().mT


def _elpd(
    logs: Float[Tensor, "*B T L"],
    log_weights: Float[Tensor, "*B T L"],
    khat: Float[Tensor, "*B T"],
    chains: int | None = None,
) -> Elpd:
    """Means under weights that sum to one; NaN weights say that there are none."""
    value = (log_weights + logs).logsumexp(-1).nan_to_num(nan=-math.inf, neginf=-math.inf)
    known = value > -math.inf
    # What each draw moves the value by, to first order: weight * (density / mean - 1).
    moves = (log_weights + logs - value[..., None]).exp() - log_weights.exp()
    error = _spread(moves, chains).where(known, math.inf)
    total_error = _spread(moves.sum(-2), chains).where(known.all(-1), math.inf)
    return Elpd(value, error, khat, value.sum(-1), total_error)


def _spread(moves: Float[Tensor, "*B L"], chains: int | None) -> Float[Tensor, "*B"]:
    """Standard error of the sum of all draws' moves."""
    independent = moves.norm(dim=-1)
    if chains is None:
        return independent
    rows = moves.reshape(-1, chains, moves.shape[-1] // chains).numpy()
    found = np.array([float(array_stats.ess(row, method="mean")) for row in rows])
    ess = torch.from_numpy(found).reshape(independent.shape)
    # Where no draw moves the value there is no error, and no effective number.
    return independent * (moves.shape[-1] / ess).sqrt().nan_to_num(nan=1.0)

"""The pair of networks corrects itself: posterior draws reweighted by the likelihood network."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from ..evidence import LARGEST_KHAT
from ..evidence.amortized import LogMarginal, log_mean_weight
from ..evidence.psis import smooth
from ..flows.flow import Sample
from ..joint import Joint
from .draws import log_posterior, posterior_draws
from .surrogate import log_likelihood, log_likelihood_of_draws

POOLED = torch.linspace(0, 1, 21)  # powers that are tried
POOLING_DRAWS, POOLING_SETS = 200, 300  # of each data set; at most so many data sets


class Refined(NamedTuple):
    """Draws chosen among proposals. They have no density.

    Attributes:
        draws: The chosen ones; where k-hat is too large, or the weights are worth fewer draws than
            are wanted, direct draws.
        khat: Pareto shape of the proposals' weights.
        chosen: Whether they were chosen, and are not direct draws.
    """

    draws: Float[Tensor, "M B L D"]
    khat: Float[Tensor, "M B"]
    chosen: Bool[Tensor, "M B"]


def refined(
    model: Joint,
    rngs: Sequence[Generator],
    log_prior: Callable[[Tensor], Tensor],
    x: Float[Tensor, "M B *X"],
    n: int,
    proposals: int,
) -> Refined:
    """`n` draws per data set and member, from `proposals` times as many of the posterior network.

    Their weights are (prior * likelihood network / posterior network)^p, Pareto-smoothed, where p
    is the member's `pooling`; draws are chosen systematically, each as often as its weight says but
    for rounding, so that few stand twice. With p = 1 they follow the posterior of the likelihood
    network, which is the more accurate of the two where the likelihood is the simpler function;
    in between, both networks' posteriors pooled on the log scale, whose errors partly cancel.

    Reference: Rubin (1988) for resampling; Kitagawa (1996) for systematic resampling; Vehtari et
    al. (2024), arXiv:1507.02646, for k-hat; Genest & Zidek (1986) for logarithmic pools.

    Args:
        model: The pair.
        rngs: One generator per member.
        log_prior: log p(theta), -inf outside the support.
        x: Data sets.
        n: Number of draws L wanted.
        proposals: How many are proposed for each.
    """
    found = posterior_draws(model, rngs, x, n * proposals)
    smoothed = smooth(_tempered(model, _log_ratios(model, log_prior, found, x)))
    weights = smoothed.log_weights.softmax(-1).nan_to_num(0.0)
    # The size of the sample that weights as unequal are worth: with less, draws would repeat.
    worth = 1 / weights.square().sum(-1)
    chosen = (smoothed.khat <= LARGEST_KHAT) & (worth >= n)
    order = torch.where(chosen[..., None], _systematic(rngs, weights, n), torch.arange(n))
    return Refined(found.draws.take_along_dim(order[..., None], 2), smoothed.khat, chosen)


def evidence(
    model: Joint,
    log_prior: Callable[[Tensor], Tensor],
    found: Sample,
    x: Float[Tensor, "M B *X"],
) -> tuple[LogMarginal, LogMarginal]:
    """log p(x) by both networks; and log E_q[r^p], which scales the density of refined draws.

    That density is q r^p / E_q[r^p], with q the posterior network, r = prior * likelihood network
    / q and p the member's pooling.

    Args:
        model: The pair.
        log_prior: log p(theta), -inf outside the support.
        found: Draws of the posterior network.
        x: Their data sets.
    """
    ratios = _log_ratios(model, log_prior, found, x)
    return log_mean_weight(ratios), log_mean_weight(_tempered(model, ratios))


def _log_ratios(
    model: Joint,
    log_prior: Callable[[Tensor], Tensor],
    found: Sample,
    x: Float[Tensor, "M B *X"],
) -> Float[Tensor, "M B L"]:
    """Of prior * likelihood network over posterior network, at draws of the latter."""
    log_likelihood = log_likelihood_of_draws(model, found.draws, x)
    return log_prior(found.draws).double() + log_likelihood.double() - found.log_prob.double()


def _tempered(model: Joint, ratios: Float[Tensor, "M B L"]) -> Float[Tensor, "M B L"]:
    """Log ratios times each member's `pooling`; -inf stays, so that no draw leaves the prior."""
    power = model.pooling.to(ratios)[:, None, None]
    return torch.where(ratios.isneginf(), ratios, power * ratios)


def pooling(
    model: Joint,
    rngs: Sequence[Generator],
    log_prior: Callable[[Tensor], Tensor],
    theta: Float[Tensor, "B D"],
    x: Float[Tensor, " B *X"],
) -> Float[Tensor, " M"]:
    """The power of each member's refined draws that gives held-out parameters most density.

    With q the posterior network and r = prior * likelihood network / q, the pool q r^p / E_q[r^p]
    is a density for every p from 0 (q itself) to 1. Its mean log density at held-out pairs is
    compared with that of q, on a grid. A data set whose weights k-hat would not trust keeps its
    direct draws, and counts as no gain: the Pareto shape of r^p is p times that of r.

    Args:
        model: The pair, trained.
        rngs: One generator per member.
        log_prior: log p(theta), -inf outside the support.
        theta: Parameters that no network learned from; the first few hundred are used.
        x: Their data sets.
    """
    theta_m, x_m = model.shared(theta[:POOLING_SETS], x[:POOLING_SETS])
    found = posterior_draws(model, rngs, x_m, POOLING_DRAWS)
    at_draws = _log_ratios(model, log_prior, found, x_m)
    direct = log_posterior(model, theta_m, x_m)
    at_truth = (log_prior(theta_m) + log_likelihood(model, theta_m, x_m) - direct).double()
    khat = smooth(at_draws).khat
    gains = []
    for power in POOLED[1:].double():
        below = (power * at_draws).logsumexp(-1) - math.log(POOLING_DRAWS)
        gain = power * at_truth - below
        gains.append(gain.where((power * khat <= LARGEST_KHAT) & gain.isfinite(), 0.0).mean(1))
    best = torch.stack([torch.zeros_like(gains[0]), *gains]).argmax(0)
    return POOLED[best]


def _systematic(
    rngs: Sequence[Generator], weights: Float[Tensor, "M B P"], n: int
) -> Int[Tensor, "M B L"]:
    """Indices of `n` draws: one at every n-th part of the cumulated weights."""
    start = torch.stack(
        [torch.rand(weights.shape[1], 1, generator=rng, dtype=weights.dtype) for rng in rngs]
    )
    at = (torch.arange(n) + start) / n
    cumulated = weights.cumsum(-1)
    cumulated = cumulated / cumulated[..., -1:].clamp(min=torch.finfo(weights.dtype).tiny)
    return torch.searchsorted(cumulated, at.contiguous()).clamp(max=weights.shape[-1] - 1)

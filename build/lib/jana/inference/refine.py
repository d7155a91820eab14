"""The pair of networks corrects itself: posterior draws reweighted by the likelihood network."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from ..evidence import LARGEST_KHAT
from ..evidence.psis import smooth
from ..joint import Joint
from .draws import posterior_draws
from .surrogate import log_likelihood_of_draws


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

    Their weights are prior * likelihood network / posterior network, Pareto-smoothed; draws are
    chosen systematically, each as often as its weight says but for rounding, so that few stand
    twice. So they follow the posterior of
    the likelihood network, which is the more accurate of the two where the likelihood is the
    simpler function.

    Reference: Rubin (1988) for resampling; Kitagawa (1996) for systematic resampling; Vehtari et
    al. (2024), arXiv:1507.02646, for k-hat.

    Args:
        model: The pair.
        rngs: One generator per member.
        log_prior: log p(theta), -inf outside the support.
        x: Data sets.
        n: Number of draws L wanted.
        proposals: How many are proposed for each.
    """
    found = posterior_draws(model, rngs, x, n * proposals)
    raw = log_prior(found.draws) + log_likelihood_of_draws(model, found.draws, x) - found.log_prob
    smoothed = smooth(raw)
    weights = smoothed.log_weights.softmax(-1).nan_to_num(0.0)
    # The size of the sample that weights as unequal are worth: with less, draws would repeat.
    worth = 1 / weights.square().sum(-1)
    chosen = (smoothed.khat <= LARGEST_KHAT) & (worth >= n)
    order = torch.where(chosen[..., None], _systematic(rngs, weights, n), torch.arange(n))
    return Refined(found.draws.take_along_dim(order[..., None], 2), smoothed.khat, chosen)


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

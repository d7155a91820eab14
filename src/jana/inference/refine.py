"""The pair of networks corrects itself: posterior draws reweighted by the likelihood network."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from ..evidence.psis import smooth
from ..joint import Joint
from .draws import posterior_draws
from .surrogate import log_likelihood_of_draws

LARGEST_KHAT = 0.7  # above it the direct draws are returned


class Refined(NamedTuple):
    """Draws chosen among proposals. They have no density.

    Attributes:
        draws: The chosen ones; where k-hat is too large, direct draws.
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
    chosen with probabilities in proportion, none of them twice. So they follow the posterior of
    the likelihood network, which is the more accurate of the two where the likelihood is the
    simpler function.

    Reference: Rubin (1988) for resampling; Vehtari et al. (2024), arXiv:1507.02646, for k-hat.

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
    chosen = (smoothed.khat <= LARGEST_KHAT) & (raw.isfinite().sum(-1) >= n)
    # The largest of log weight plus Gumbel noise are a sample without replacement.
    uniform = [torch.rand(raw.shape[1:], generator=rng, dtype=torch.float64) for rng in rngs]
    keys = smoothed.log_weights - (-torch.stack(uniform).log()).log()
    order = keys.topk(n, dim=-1).indices
    order = torch.where(chosen[..., None], order, torch.arange(n))
    return Refined(found.draws.take_along_dim(order[..., None], 2), smoothed.khat, chosen)

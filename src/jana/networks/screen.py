"""Which features tell anything of a target: the others are noise to whoever learns from them.

A network that is given a hundred coordinates of which eight matter learns, from ten thousand
simulations, mostly noise. Rank correlations find out beforehand.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

LEVEL = 0.01  # of finding any dependence where there is none, all tests together


def telling(features: Float[Tensor, "N C"], target: Float[Tensor, "N D"]) -> Bool[Tensor, " C"]:
    """Features that depend on the target, or on features that do.

    Tested are rank correlations of values and of distances from the median, each with each, at a
    level that is adjusted for their number. A feature that is independent of the target may still
    tell of the noise in another one: so what depends on a kept feature is kept too, and so on.
    What depends in none of these ways is left out; that is a screen, not a proof.

    Args:
        features: Rows of what is seen.
        target: What it may tell of.
    """
    seen, wanted = _ranks(features), _ranks(target)
    kept = _related(seen, wanted)
    while True:
        more = kept | (_related(seen, seen[:, :, kept]) if kept.any() else kept)
        if torch.equal(more, kept):
            return kept
        kept = more


def _ranks(values: Float[Tensor, "N C"]) -> Float[Tensor, "2 N C"]:
    """Standardised ranks of the values, and of their distances from the median; 0 for ties."""
    both = torch.stack([values, (values - values.median(0).values).abs()])
    # Ties have their mean rank: by the order of the rows they would seem related to each other.
    columns = both.mT.contiguous()
    ordered = columns.sort(-1).values
    below, through = (torch.searchsorted(ordered, columns, right=right) for right in (False, True))
    ranks = 0.5 * (below + through + 1).mT.double()
    ranks = (ranks - ranks.mean(1, keepdim=True)) / ranks.std(1, keepdim=True)
    known = values.isfinite().all(0) & (values.amax(0) > values.amin(0))
    return ranks.masked_fill(~known, 0.0)


def _related(one: Float[Tensor, "2 N C"], other: Float[Tensor, "2 N K"]) -> Bool[Tensor, " C"]:
    """Whether each of one kind is correlated with any of the other, itself left out."""
    n, size = one.shape[1], one.shape[2] * other.shape[2] * 4
    limit = math.sqrt(2) * torch.erfinv(torch.tensor(1 - LEVEL / size, dtype=torch.float64))
    z = torch.einsum("anc,bnk->abck", one, other) / math.sqrt(n)
    return (z.abs() > float(limit)).flatten(0, 1).any(0).any(-1)

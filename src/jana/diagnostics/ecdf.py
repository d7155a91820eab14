"""ECDFs of ranks, simultaneous bands around them, and the p-value that goes with a band.

The ranks' discreteness is kept: with L draws the ECDF is looked at where it can step, i / (L +
1) for i = 1 ... L, and there the count below is binomial.

Reference: Saeilynoja, Buerkner & Vehtari (2022), Statistics and Computing 32,
arXiv:2103.10522, by simulation.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.special import bdtr
from torch import Generator, Tensor

SIMULATIONS, SLICE = 10_000, 1000  # of uniform ranks, so many at once to bound memory


class Band(NamedTuple):
    """Where the ECDF of uniform ranks lies, at all points at once, with the stated level."""

    lower: Float[Tensor, " K"]
    upper: Float[Tensor, " K"]


def grid(n_draws: int) -> Float[Tensor, " K"]:
    """The fractional ranks i / (L + 1) at which ECDFs are compared; K = L."""
    return torch.arange(1, n_draws + 1, dtype=torch.float64) / (n_draws + 1)


def counts_below(ranks: Int[Tensor, "B D"], n_draws: int) -> Int[Tensor, "D K"]:
    """How many of the B ranks lie below i, for i = 1 ... L."""
    columns = ranks.mT.contiguous()
    counts = columns.new_zeros(len(columns), n_draws + 1)
    return counts.scatter_add_(1, columns, torch.ones_like(columns)).cumsum(1)[:, :-1]


def ecdf(ranks: Int[Tensor, "B D"], n_draws: int) -> Float[Tensor, "D K"]:
    """The share of ranks below each point of the grid."""
    return counts_below(ranks, n_draws).double() / len(ranks)


def extremes(counts: Int[Tensor, "D K"], n_sets: int) -> Float[Tensor, " D"]:
    """The least two-sided binomial tail probability along each row: small where far out."""
    tails = _tails(n_sets, counts.shape[1])
    return tails[counts, torch.arange(counts.shape[1])].min(1).values


def null_extremes(rng: Generator, n_sets: int, n_draws: int) -> Float[Tensor, " S"]:
    """What `extremes` gives for uniform ranks, in rising order."""
    found = []
    for _ in range(SIMULATIONS // SLICE):
        uniform = torch.randint(n_draws + 1, (n_sets, SLICE), generator=rng)
        found.append(extremes(counts_below(uniform, n_draws), n_sets))
    return torch.cat(found).sort().values


def p_values(observed: Float[Tensor, " D"], null: Float[Tensor, " S"]) -> Float[Tensor, " D"]:
    """The share of uniform ECDFs that stray as far or farther; never 0."""
    as_far = torch.searchsorted(null, observed, right=True)
    return (1 + as_far).double() / (1 + len(null))


def band(null: Float[Tensor, " S"], n_sets: int, n_draws: int, level: float) -> Band:
    """The band that a share `level` of uniform ECDFs stays within all along.

    For Q quantities looked at together give 1 - (1 - level) / Q.
    """
    tail = float(null.quantile(1 - level)) / 2
    lower = (_below(n_sets, n_draws) < tail).sum(0).double() / n_sets
    return Band(lower, 1 - lower.flip(0))  # its mirror image, as tails are the same on both sides


def holm(p: Float[Tensor, " Q"]) -> Float[Tensor, " Q"]:
    """p-values adjusted for how many there are.

    Reference: Holm (1979), Scandinavian Journal of Statistics 6.
    """
    ordered, order = p.sort()
    factors = torch.arange(len(p), 0, -1, dtype=p.dtype)
    adjusted = (ordered * factors).cummax(0).values.clamp(max=1)
    return adjusted[order.argsort()]


@cache
def _below(n_sets: int, n_draws: int) -> Float[Tensor, "C K"]:
    """Probability of each count or less (a row) at each grid point (a column)."""
    counts = np.arange(n_sets + 1)[:, None]
    # Not scipy.stats, which takes a second to import: every job that judges would wait for it.
    return torch.from_numpy(bdtr(counts, n_sets, grid(n_draws).numpy()))


@cache
def _tails(n_sets: int, n_draws: int) -> Float[Tensor, "C K"]:
    """Two-sided tail probability of each count (a row) at each grid point (a column)."""
    below = _below(n_sets, n_draws)
    # k or more successes of which each has the chance p: n - k failures or fewer, each of 1 - p.
    return 2 * torch.minimum(below, below.flip(0, 1)).clamp(max=0.5)

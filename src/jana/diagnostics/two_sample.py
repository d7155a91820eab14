"""Two samples compared coordinate by coordinate, with a simultaneous band.

Where the first sample's i-th smallest of n draws lies, the number of the second sample's m draws
below it is beta-binomial if both come from one distribution, whichever that is.

Reference: Saeilynoja, Buerkner & Vehtari (2022), arXiv:2103.10522, section 3.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.special import betaln
from torch import Generator, Tensor

POINTS = 100  # at which ECDFs are compared
SIMULATIONS, SLICE = 4000, 200  # of pairs of samples, so many at once to bound memory


class Band(NamedTuple):
    """Where ECDF differences of equally distributed samples lie, at all points at once.

    Attributes:
        shares: ECDF of the first sample at the points (K,).
        lower: Lower edge of the second sample's ECDF less `shares`.
        upper: Upper edge.
    """

    shares: Float[Tensor, " K"]
    lower: Float[Tensor, " K"]
    upper: Float[Tensor, " K"]


def ecdf_differences(
    first: Float[Tensor, "*B L D"], second: Float[Tensor, "*B N D"]
) -> Float[Tensor, "*B D K"]:
    """The second sample's ECDF less the first's, at `POINTS` order statistics of the first."""
    order = _order(first.shape[-2])
    at = first.mT.sort(-1).values[..., order - 1].contiguous()
    below = torch.searchsorted(second.mT.sort(-1).values.contiguous(), at)
    return below.double() / second.shape[-2] - order.double() / first.shape[-2]


def band(rng: Generator, n_first: int, n_second: int, level: float) -> Band:
    """The band that a share `level` of equally distributed pairs stays within all along.

    For Q coordinates looked at together give 1 - (1 - level) / Q.
    """
    order = _order(n_first).numpy()
    below = _below(order, n_first, n_second)
    above = 1 - np.vstack([np.zeros(len(order)), below[:-1]])
    tails = 2 * np.minimum(below, above)
    seen = _null_counts(rng, n_first, n_second).numpy()
    tail = float(np.quantile(tails[seen, np.arange(len(order))].min(1), 1 - level)) / 2
    shares = order / n_first
    edges = ((below < share).sum(0) / n_second - shares for share in (tail, 1 - tail))
    return Band(*(torch.from_numpy(part) for part in (shares, *edges)))


def _null_counts(rng: Generator, n_first: int, n_second: int) -> Int[Tensor, "S K"]:
    """Draws of the second sample below the first's order statistics, for uniform pairs."""
    order, found = _order(n_first), []
    for _ in range(SIMULATIONS // SLICE):
        first, second = (torch.rand(SLICE, n, generator=rng) for n in (n_first, n_second))
        at = first.sort(1).values[:, order - 1].contiguous()
        found.append(torch.searchsorted(second.sort(1).values, at))
    return torch.cat(found)


def _order(n: int) -> Int[Tensor, " K"]:
    """Which order statistics of n draws are looked at, from 1 to n."""
    return torch.linspace(1, n, min(POINTS, n)).round().long()


def _below(order: np.ndarray, n_first: int, n_second: int) -> np.ndarray:
    """Probability that so many (a row) of the second sample or fewer lie below each first one.

    These counts are beta-binomial; scipy.stats has them, but takes a second to import, and sums
    anew for every count.
    """
    counts = np.arange(n_second + 1)[:, None]
    first, second = order, n_first + 1 - order
    log_mass = betaln(counts + first, n_second - counts + second) - betaln(first, second)
    log_mass -= np.log(n_second + 1) + betaln(counts + 1, n_second - counts + 1)
    return np.exp(log_mass).cumsum(0).clip(max=1)

"""Two samples compared coordinate by coordinate, with a simultaneous band.

Where the first sample's i-th smallest of n draws lies, the number of the second sample's m draws
below it is beta-binomial if both come from one distribution, whichever that is.

Reference: Saeilynoja, Buerkner & Vehtari (2022), arXiv:2103.10522, section 3.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.stats import betabinom
from torch import Generator, Tensor

POINTS = 100  # at which ECDFs are compared


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
    return below.double() / second.shape[-2] - order / first.shape[-2]


def band(
    rng: Generator, n_first: int, n_second: int, level: float, simulations: int = 4000
) -> Band:
    """The band that a share `level` of equally distributed pairs stays within all along.

    For Q coordinates looked at together give 1 - (1 - level) / Q.
    """
    order = _order(n_first)
    counts = np.arange(n_second + 1)[:, None]
    null = betabinom(n_second, order.numpy(), n_first + 1 - order.numpy())
    below = null.cdf(counts)
    tails = 2 * np.minimum(below, 1 - np.vstack([np.zeros(len(order)), below[:-1]]))
    pair = (torch.rand(simulations, n, 1, generator=rng) for n in (n_first, n_second))
    found = ecdf_differences(*pair).squeeze(1) + order / n_first
    seen = (found * n_second).round().long().numpy()
    extreme = np.sort(tails[seen, np.arange(len(order))].min(1))
    tail = float(np.quantile(extreme, 1 - level)) / 2
    edges = (torch.from_numpy(null.ppf(share) / n_second) for share in (tail, 1 - tail))
    shares = order / n_first
    lower, upper = (edge - shares for edge in edges)
    return Band(shares.double(), lower.double(), upper.double())


def _order(n: int) -> Int[Tensor, " K"]:
    """Which order statistics of n draws are looked at, from 1 to n."""
    return torch.linspace(1, n, min(POINTS, n)).round().long()

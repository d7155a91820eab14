"""Two samples compared coordinate by coordinate."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Differences(NamedTuple):
    """ECDF differences of two equally distributed samples stay within the band 95 % of the time.

    Attributes:
        shares: ECDF of the first sample at its own draws.
        values: ECDF of the second less that of the first, there.
        half_width: Of the pointwise 95 % band around zero.
    """

    shares: Float[Tensor, " K"]
    values: Float[Tensor, "D K"]
    half_width: Float[Tensor, " K"]


def ecdf_differences(first: Float[Tensor, "K D"], second: Float[Tensor, "L D"]) -> Differences:
    """How the second sample lies among the first, by coordinate."""
    at = first.sort(0).values.mT.contiguous()
    below = torch.searchsorted(second.sort(0).values.mT.contiguous(), at, right=True)
    shares = torch.arange(1, len(first) + 1, dtype=torch.float64) / len(first)
    variance = shares * (1 - shares) * (1 / len(first) + 1 / len(second))
    return Differences(shares, below.double() / len(second) - shares, 1.96 * variance.sqrt())

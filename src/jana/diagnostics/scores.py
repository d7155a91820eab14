"""Proper scores of draws against what came: how far off, how wide, in the data's own unit.

Reference: Gneiting & Raftery (2007), JASA 102; the fair estimators are unbiased in the draws.
"""

import torch
from jaxtyping import Float, Real
from torch import Tensor


def crps(draws: Float[Tensor, " L *B"], x: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
    """The continuous ranked probability score of each number; smaller is better.

    Args:
        draws: Of the forecast, two at least.
        x: What came.
    """
    n = len(draws)
    off = (draws - x).abs().mean(0)
    ordered = draws.sort(0).values
    weight = 2 * torch.arange(n, dtype=draws.dtype, device=draws.device) - n + 1
    apart = 2 * torch.tensordot(weight, ordered, 1) / (n * (n - 1))
    return off - apart / 2


def energy(draws: Float[Tensor, "L B K"], x: Float[Tensor, "B K"]) -> Float[Tensor, " B"]:
    """The energy score of each row as a whole; smaller is better.

    Args:
        draws: Of the forecast, two at least.
        x: What came.
    """
    n, rows = len(draws), draws.movedim(0, 1)
    off = (rows - x[:, None]).norm(dim=-1).mean(1)
    apart = torch.cdist(rows, rows).sum((1, 2)) / (n * (n - 1))
    return off - apart / 2


def covered(
    draws: Float[Tensor, " L *B"], x: Float[Tensor, "*B"], level: float, rng: torch.Generator
) -> Float[Tensor, "*B"]:
    """Whether each number lies in the central interval of a forecast, ties at random.

    Args:
        draws: Of the forecast.
        x: What came.
        level: Probability of the interval.
        rng: For ties, as where both are zero, and for ends that fall between two ranks.

    Returns:
        1 or 0; if both come from one distribution, 1 with a probability of `level`.
    """
    return ((placed(draws, x, rng) - 0.5).abs() < level / 2).to(x)


def placed(
    draws: Real[Tensor, " L *B"], x: Real[Tensor, "*B"], rng: torch.Generator
) -> Float[Tensor, "*B"]:
    """Where each number lies among a forecast's draws, from 0 to 1, ties at random.

    Among as many places as there are draws, and one more, and anywhere within: uniform if both come
    from one distribution.
    """
    below, ties = (draws < x).sum(0), (draws == x).sum(0)
    place = below + (torch.rand(x.shape, generator=rng) * (ties + 1)).floor()
    return (place + torch.rand(x.shape, generator=rng)) / (len(draws) + 1)


def autocorrelation(x: Float[Tensor, "*B T"], lags: int) -> Float[Tensor, "*B K"]:
    """Of each series, at lags from 1 to `lags`; NaN for a series that does not vary."""
    off = x - x.mean(-1, keepdim=True)
    whole = off.square().sum(-1)
    found = [(off[..., lag:] * off[..., :-lag]).sum(-1) / whole for lag in range(1, lags + 1)]
    return torch.stack(found, -1)

"""Bernoulli generalized linear models: what these tasks share.

theta = (beta, f_1, ..., f_9): an offset and a filter. In each of 100 trials, a spike comes with the
chance sigmoid(beta + f . v), where v, the trial's design, is nine numbers. The prior of the filter
is smooth: N(0, (F^T F)^-1), where F takes second differences.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn.functional import softplus

from .base import Prior
from .priors import correlated_gaussian

TRIALS, TAPS = 100, 9
NAMES = ("beta", *(f"f_{tap + 1}" for tap in range(TAPS)))


def prior(offset_sd: float) -> Prior:
    """Of offset and filter.

    Args:
        offset_sd: Standard deviation of the offset.
    """
    eye = torch.eye(TAPS, dtype=torch.float64)
    first = eye - eye.roll(1, 0).tril(-1)
    root = torch.zeros(1 + TAPS, 1 + TAPS, dtype=torch.float64)
    root[0, 0] = 1 / offset_sd
    root[1:, 1:] = first @ first + torch.diag((torch.arange(TAPS).double() / TAPS).sqrt())
    return correlated_gaussian(root)


def simulate(
    rng: Generator, theta: Float[Tensor, "B 10"], design: Float[Tensor, "*#B T 9"]
) -> Float[Tensor, "B T 10"]:
    """Trials: whether there is a spike (1 or 0), then the design that it was given."""
    chance = torch.sigmoid(_log_odds(theta, design))
    spikes = (torch.rand(chance.shape, generator=rng) < chance).to(theta)
    return torch.cat([spikes[..., None], design.expand(len(theta), -1, -1)], dim=-1)


def log_likelihood(
    theta: Float[Tensor, "*#B 10"], x: Float[Tensor, "*#B T 10"]
) -> Float[Tensor, "*B"]:
    """log P(spikes | theta, design), summed over trials."""
    log_odds = _log_odds(theta, x[..., 1:])
    return (x[..., 0] * log_odds - softplus(log_odds)).sum(-1)


def sums(x: Float[Tensor, "*B T 10"]) -> Float[Tensor, "*B 10"]:
    """The number of spikes, and the sum of their designs."""
    spikes, design = x[..., 0], x[..., 1:]
    return torch.cat([spikes.sum(-1, keepdim=True), (spikes[..., None] * design).sum(-2)], dim=-1)


def relative_log_likelihood_of_sums(
    theta: Float[Tensor, "*#B 10"], x: Float[Tensor, "*#B 10"], design: Float[Tensor, "T 9"]
) -> Float[Tensor, "*B"]:
    """log P(sums | theta) where the design is known, but for a term without theta.

    The sums are sufficient then: all spikes with the same sums are equally likely.
    """
    return (theta * x).sum(-1) - softplus(_log_odds(theta, design.to(theta))).sum(-1)


def _log_odds(
    theta: Float[Tensor, "*#B 10"], design: Float[Tensor, "*#B T 9"]
) -> Float[Tensor, "*B T"]:
    return theta[..., :1] + (design * theta[..., None, 1:]).sum(-1)

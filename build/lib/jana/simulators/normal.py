"""Normal densities, and normals cut off at two bounds: their mass, density and draws.

All is exact far out in the tails too: where both bounds lie on one side of the mean, it is
counted from that side, in logarithms.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor
from torch.special import log_ndtr, ndtri

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
FAR = -500.0  # below this log probability ndtri nears the smallest double
STEPS = 4  # of Newton's method; from below FAR it has converged after 3


def log_normal(
    value: Float[Tensor, "*#B D"], mean: Float[Tensor, "*#B D"] | float, sd: float
) -> Float[Tensor, "*B"]:
    """log N(value; mean, sd^2 I), summed over coordinates."""
    z = (value - mean) / sd
    return (-0.5 * z.square() - math.log(sd) - HALF_LOG_2PI).sum(-1)


def log_mass(
    mean: Float[Tensor, "*B D"], sd: float, low: float, high: float
) -> Float[Tensor, "*B"]:
    """The log probability that N(mean, sd^2 I) has all coordinates within [low, high)."""
    _, below_low, below_high = _tails(mean, sd, low, high)
    return (below_high + (-torch.expm1(below_low - below_high)).log()).sum(-1).to(mean)


def log_truncated(
    value: Float[Tensor, "*#B D"], mean: Float[Tensor, "*#B D"], sd: float, low: float, high: float
) -> Float[Tensor, "*B"]:
    """The log density of N(mean, sd^2 I) given that it lies within [low, high)^D."""
    inside = ((value >= low) & (value < high)).all(-1)
    density = log_normal(value, mean, sd) - log_mass(mean, sd, low, high)
    return torch.where(inside, density, -math.inf)


def sample_truncated(
    rng: Generator, mean: Float[Tensor, "B D"], sd: float, low: float, high: float, n: int
) -> Float[Tensor, "B L D"]:
    """`n` draws of N(mean, sd^2 I) given that it lies within [low, high)^D, by inversion."""
    mirrored, below_low, below_high = (part[:, None] for part in _tails(mean, sd, low, high))
    share = 1 - torch.rand(len(mean), n, mean.shape[1], generator=rng, dtype=torch.float64)
    ratio = (below_low - below_high).exp()
    z = log_ndtri(below_high + (ratio + share * (1 - ratio)).log())
    value = (mean[:, None] + sd * torch.where(mirrored, -z, z)).to(mean)
    lower, upper = mean.new_tensor(low), mean.new_tensor(high)
    return torch.clamp(value, lower, torch.nextafter(upper, lower))  # rounding may reach a bound


def log_ndtri(log_p: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
    """Where the standard normal's log distribution function is `log_p`."""
    z, far = ndtri(log_p.clamp(max=0).exp()), log_p < FAR
    if far.any():
        goal = log_p[far]
        tail = -(-2 * goal).sqrt()  # too low: Phi(z) < exp(-z^2 / 2) below 0
        for _ in range(STEPS):
            below = log_ndtr(tail)  # concave, so that no step goes too far up
            tail = tail + (goal - below) * (below + 0.5 * tail.square() + HALF_LOG_2PI).exp()
        z[far] = tail
    return z


def _tails(
    mean: Float[Tensor, "*B D"], sd: float, low: float, high: float
) -> tuple[Bool[Tensor, "*B D"], Float[Tensor, "*B D"], Float[Tensor, "*B D"]]:
    """The log probabilities below both bounds, mirrored where the interval lies above the mean."""
    lower, upper = ((bound - mean.double()) / sd for bound in (low, high))
    mirrored = lower + upper > 0
    lower, upper = torch.where(mirrored, -upper, lower), torch.where(mirrored, -lower, upper)
    return mirrored, log_ndtr(lower), log_ndtr(upper)

"""Priors, as pairs of plain functions that draw from an explicit generator."""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .base import Prior


def box(low: list[float], high: list[float]) -> Prior:
    """Uniform on the box [low, high), one entry per parameter."""
    lower, upper = torch.tensor(low), torch.tensor(high)
    log_volume = sum(math.log(b - a) for a, b in zip(low, high, strict=True))
    width, below_upper = upper - lower, torch.nextafter(upper, lower)

    def sample(rng: Generator, n: int) -> Float[Tensor, "B D"]:
        theta = lower + width * torch.rand(n, len(lower), generator=rng)
        return torch.minimum(theta, below_upper)  # rounding may reach the upper edge

    def log_prob(theta: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
        inside = ((theta >= lower) & (theta < upper)).all(-1)
        return torch.where(inside, theta.new_tensor(-log_volume), -math.inf)

    return Prior(sample, log_prob, lower, upper)


def gaussian(mean: list[float], sd: list[float]) -> Prior:
    """Independent normals, one entry per parameter; `sd` is a standard deviation."""
    centre, scale = torch.tensor(mean), torch.tensor(sd)
    log_volume = sum(math.log(s) + 0.5 * math.log(2 * math.pi) for s in sd)
    edge = torch.full_like(centre, math.inf)

    def sample(rng: Generator, n: int) -> Float[Tensor, "B D"]:
        return centre + scale * torch.randn(n, len(centre), generator=rng)

    def log_prob(theta: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
        # Not the tensors above: a density of double precision needs constants of it.
        z = (theta - theta.new_tensor(mean)) / theta.new_tensor(sd)
        return -0.5 * z.square().sum(-1) - log_volume

    return Prior(sample, log_prob, -edge, edge)

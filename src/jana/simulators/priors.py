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


def truncated_gaussian(
    mean: list[float], sd: list[float], low: list[float], high: list[float]
) -> Prior:
    """Independent normals that are cut off at [low, high), one entry per parameter.

    Args:
        mean: Before they are cut off.
        sd: Standard deviation, before they are cut off.
        low: Least values.
        high: Bounds above.
    """
    centre, scale, lower, upper = (torch.tensor(part).double() for part in (mean, sd, low, high))
    below, above = (torch.special.ndtr((edge - centre) / scale) for edge in (lower, upper))
    log_volume = (scale * (above - below) * math.sqrt(2 * math.pi)).log().sum()
    edges = lower.float(), upper.float()
    below_upper = torch.nextafter(edges[1], edges[0])

    def sample(rng: Generator, n: int) -> Float[Tensor, "B D"]:
        share = torch.rand(n, len(centre), generator=rng, dtype=torch.float64)
        theta = centre + scale * torch.special.ndtri(below + share * (above - below))
        return torch.minimum(torch.maximum(theta.float(), edges[0]), below_upper)

    def log_prob(theta: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
        inside = ((theta >= lower.to(theta)) & (theta < upper.to(theta))).all(-1)
        z = (theta - centre.to(theta)) / scale.to(theta)
        return torch.where(inside, -0.5 * z.square().sum(-1) - log_volume.to(theta), -math.inf)

    return Prior(sample, log_prob, *edges)


def log_normals(log_mean: list[float], log_sd: list[float]) -> Prior:
    """Independent log-normals, one entry per parameter: mean and sd of the logarithms."""
    logs = gaussian(log_mean, log_sd)
    edge = torch.full((len(log_mean),), math.inf)

    def sample(rng: Generator, n: int) -> Float[Tensor, "B D"]:
        return logs.sample(rng, n).exp()

    def log_prob(theta: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
        inside = (theta > 0).all(-1)
        log_theta = torch.where(theta > 0, theta, 1.0).log()
        return torch.where(inside, logs.log_prob(log_theta) - log_theta.sum(-1), -math.inf)

    return Prior(sample, log_prob, torch.zeros_like(edge), edge)


def correlated_gaussian(root: Float[Tensor, "D D"]) -> Prior:
    """A normal of mean 0, whose precision is root^T root.

    Args:
        root: Invertible; in double precision.
    """
    inverse, log_volume = torch.linalg.inv(root).float(), -float(torch.linalg.slogdet(root)[1])
    edge = torch.full((len(root),), math.inf)

    def sample(rng: Generator, n: int) -> Float[Tensor, "B D"]:
        return torch.randn(n, len(root), generator=rng) @ inverse.T

    def log_prob(theta: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
        z = theta @ root.T.to(theta)
        return -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1) - log_volume

    return Prior(sample, log_prob, -edge, edge)

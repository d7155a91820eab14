"""Points of trajectories, many side by side, and a leapfrog step of each.

A point is one row of its place, momentum, gradient and log density, in this order. Momenta are
standard normal. What runs in every step is not checked for shapes in tests: that would take most of
the time.
"""

from collections.abc import Callable
from typing import no_type_check

import torch
from jaxtyping import Float
from torch import Tensor

Point = Float[Tensor, "R P"]
Gradient = Callable[[Tensor], tuple[Tensor, Tensor]]


def point(at: Float[Tensor, "R D"], gradient: Gradient) -> Point:
    """At rest; where there is no density, or no gradient, -inf and a gradient of 0."""
    return torch.cat([at, torch.zeros_like(at), *_sloped(at, gradient)], -1)


@no_type_check
def _sloped(at: Tensor, gradient: Gradient) -> tuple[Tensor, Tensor]:
    value, slope = gradient(at)
    known = (value.isfinite() & slope.isfinite().all(-1))[:, None]
    return torch.where(known, slope, 0.0), torch.where(known, value[:, None], -torch.inf)


@no_type_check
def energy_of(at: Tensor) -> Tensor:
    """Kinetic energy less the log density."""
    return 0.5 * momentum_of(at).square().sum(-1) - at[:, -1]


@no_type_check
def momentum_of(at: Tensor) -> Tensor:
    """Of points (..., P)."""
    dim = (at.shape[-1] - 1) // 3
    return at[..., dim : 2 * dim]


@no_type_check
def leapt(start: Tensor, step: Tensor, gradient: Gradient) -> Tensor:
    """The points (R, P) a leapfrog step later, or earlier where the step (R, 1) is negative."""
    at, momentum, slope = start[:, :-1].chunk(3, -1)
    momentum = momentum + 0.5 * step * slope
    at = at + step * momentum
    slope, value = _sloped(at, gradient)
    return torch.cat([at, momentum + 0.5 * step * slope, slope, value], -1)


@no_type_check
def where(which: Tensor, one: tuple, other: tuple) -> tuple:
    """Row by row of all their parts, one or the other."""
    return type(one)(
        *(
            where(which, a, b)
            if isinstance(a, tuple)
            else (a if a is b else torch.where(which.view(-1, *[1] * (a.ndim - 1)), a, b))
            for a, b in zip(one, other, strict=True)
        )
    )


@no_type_check
def kept(which: Tensor, parts: tuple) -> tuple:
    """Some rows of all parts."""
    return type(parts)(
        *(kept(which, part) if isinstance(part, tuple) else part[which] for part in parts)
    )

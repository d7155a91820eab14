"""First-passage times of a diffusion between two boundaries: the density, for all that use it.

A particle starts at a share w of the boundary separation a, drifts with v per second with unit
diffusion, and ends at 0 or a. A response y is the time of that plus a shift, with the sign of the
boundary: positive at the upper one, negative at the lower.

With time in units of a^2 the density has two series: one of images of the start, for short
times, one of eigenfunctions, for long ones. Each is used where a few terms are exact.

Reference: Navarro & Fuss (2009), J. Math. Psychol. 53; Feller (1968), chapter XIV.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

SWITCH = 0.3  # in units of a^2: below, images; above, eigenfunctions
IMAGES, EIGENFUNCTIONS = 6, 20  # terms on either side; rest below 1e-16 of the sum


def log_density(
    y: Float[Tensor, "*#B"],
    drift: Float[Tensor, "*#B"],
    boundary: Float[Tensor, "*#B"],
    shift: Float[Tensor, "*#B"],
    start: Float[Tensor, "*#B"],
) -> Float[Tensor, "*B"]:
    """log p(y | parameters), in nats per second; -inf where the time is not above the shift.

    So it is where there is no such diffusion: a boundary at 0 or below, a start on a boundary or
    beyond. Posteriors that know of no bounds have draws there.

    Args:
        y: Signed response times, in seconds.
        drift: v, per second.
        boundary: a, above 0.
        shift: What is no part of the diffusion, in seconds.
        start: w, between 0 and 1.
    """
    upper = y > 0
    towards = torch.where(upper, -drift, drift)
    start = torch.where(upper, 1 - start, start)
    time = y.abs() - shift
    possible = (time > 0) & (boundary > 0) & (start > 0) & (start < 1)
    # Where there is no density, any numbers will do: the result is masked.
    time, boundary = (torch.where(possible, part, 1.0) for part in (time, boundary))
    start = torch.where(possible, start, 0.5)
    driven = -towards * boundary * start - towards.square() * time / 2 - 2 * boundary.log()
    found = driven + _log_standard(time / boundary.square(), start)
    return torch.where(possible, found, -math.inf)


def _log_standard(time: Float[Tensor, "*#B"], start: Float[Tensor, "*#B"]) -> Float[Tensor, "*B"]:
    """That of the lower boundary without drift and a = 1."""
    short = time < SWITCH
    return torch.where(short, _images(time.clamp(max=SWITCH), start), _eigen(time, start))


def _images(time: Tensor, start: Tensor) -> Tensor:
    """Of the first image the log is taken apart, which may be below any float."""
    k = torch.arange(-IMAGES, IMAGES + 1, dtype=time.dtype, device=time.device)
    place = start[..., None] + 2 * k
    gap = (place.square() - start[..., None].square()) / (2 * time[..., None])
    whole = (place / start[..., None] * (-gap).exp()).sum(-1)
    first = start.log() - start.square() / (2 * time)
    return first + whole.log() - 0.5 * math.log(2 * math.pi) - 1.5 * time.log()


def _eigen(time: Tensor, start: Tensor) -> Tensor:
    time = time.clamp(min=SWITCH)
    k = torch.arange(1, EIGENFUNCTIONS + 1, dtype=time.dtype, device=time.device)
    rate = math.pi**2 / 2
    decay = (-(k.square() - 1) * rate * time[..., None]).exp()
    whole = (k * decay * (k * math.pi * start[..., None]).sin()).sum(-1)
    return math.log(math.pi) - rate * time + whole.log()

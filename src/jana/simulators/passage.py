"""First-passage times of a diffusion between two boundaries, drawn exactly.

Which boundary is hit has a closed form; given that, the time is the inverse of a distribution
function that has two series, as the density in `wiener.py` has. There are no steps in time and no
rejections: a trial takes two uniform numbers, and is what these say up to rounding.

In units of a^2 the time at the lower boundary has the density exp(-v w - v^2 u / 2) g(u; w), with
v the drift times a; at the upper one it is that of the mirror image, -v and 1 - w. So the time
given the boundary does not depend on the drift's sign.

Reference: Feller (1968), chapter XIV; Blurton, Kesselmeier & Gondan (2012), J. Math. Psychol. 56,
for the distribution function.
"""

import math
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float
from numba import njit
from torch import Generator, Tensor

SWITCH = 0.3  # in units of a^2: below, images of the start; above, eigenfunctions
IMAGES, EIGENFUNCTIONS = 4, 8  # terms; what is left out is below 1e-12
STEPS, PRECISE = 60, 1e-10  # of the root of the distribution function, in log time
STRONGEST = 100.0  # drift times boundary; from 177 on exponentials overflow
COMPILED = {"cache": True, "nogil": True, "error_model": "numpy"}


def sample(
    rng: Generator,
    drift: Float[Tensor, " B"],
    boundary: Float[Tensor, " B"],
    shift: Float[Tensor, " B"],
    start: Float[Tensor, " B"],
    trials: int,
) -> Float[Tensor, "B T"]:
    """Signed response times, as those of `wiener.log_density`: positive at the upper boundary.

    Args:
        rng: Where uniforms are drawn from.
        drift: v, per second, of either sign; a times its size is 100 at most.
        boundary: a, above 0.
        shift: What is no part of the diffusion, in seconds.
        start: w, between 0 and 1.
        trials: How many T for each row.

    Raises:
        ValueError: If a drift, a boundary or a start is out of range, or a parameter not finite.
    """
    told = torch.stack([drift, boundary, shift, start]).double()
    inside = told.isfinite().all(0) & (told[1] > 0) & (told[3] > 0) & (told[3] < 1)
    inside &= (told[0] * told[1]).abs() <= STRONGEST
    if not inside.all():
        row = int((~inside).nonzero()[0])
        raise ValueError(
            "a diffusion needs a finite drift and shift, a boundary above 0, drift * boundary "
            f"within {STRONGEST} of 0 and a start between 0 and 1, but row {row} has drift, "
            f"boundary, shift, start = {told[:, row].tolist()}"
        )
    uniforms = torch.rand(len(drift), trials, 2, generator=rng, dtype=torch.float64)
    found = np.empty((len(drift), trials))
    _fill(found, uniforms.numpy(), *(part.numpy() for part in told))
    return torch.from_numpy(found).to(drift)


@njit(**COMPILED)
@no_type_check
def _fill(found, uniforms, drift, boundary, shift, start):
    for row in range(found.shape[0]):
        across, square = drift[row] * boundary[row], boundary[row] ** 2
        upper = upper_share(across, start[row])
        for trial in range(found.shape[1]):
            side, share = uniforms[row, trial]
            if side < upper:
                time = time_at(share, abs(across), 1 - start[row])
                found[row, trial] = shift[row] + square * time
            else:
                time = time_at(share, abs(across), start[row])
                found[row, trial] = -(shift[row] + square * time)


@njit(**COMPILED)
@no_type_check
def upper_share(drift, start):
    """The probability that the upper boundary is hit, with a = 1."""
    if abs(drift) < 1e-8:
        return start
    if drift > 0:
        return math.expm1(-2 * drift * start) / math.expm1(-2 * drift)
    return math.exp(2 * drift * (1 - start)) * math.expm1(2 * drift * start) / math.expm1(2 * drift)


@njit(**COMPILED)
@no_type_check
def time_at(share, drift, start):
    """By when a share of those that end at the lower boundary has ended, in units of a^2.

    Newton's method for the log time, within a bracket that is halved where a step would leave it.
    Args: share of 0 to 1, drift of 0 or more, start between 0 and 1.
    """
    mass = lower_mass(drift, start)
    below, above = math.log(start * start / 1500), math.log(400 / (1 + drift * drift))
    # Near the mode of the first image.
    at = math.log(start * start / (1 + start * drift) * 0.6)
    for _ in range(STEPS):
        time = math.exp(at)
        reached, density = passed(time, drift, start)
        gap = reached / mass - share
        if gap > 0:
            above = at
        else:
            below = at
        slope = density * time / mass
        new = at - gap / slope if slope > 1e-300 else math.inf
        if not below < new < above:
            new = 0.5 * (below + above)
        if abs(new - at) < PRECISE or above - below < PRECISE:
            return math.exp(new)
        at = new
    return math.exp(at)


@njit(**COMPILED)
@no_type_check
def lower_mass(drift, start):
    """The integral of exp(-drift^2 u / 2) g(u; start) over all times u."""
    if drift < 1e-8:
        return 1 - start
    return math.exp(-drift * start) * math.expm1(-2 * drift * (1 - start)) / math.expm1(-2 * drift)


@njit(**COMPILED)
@no_type_check
def passed(time, drift, start):
    """The same integral up to a time, and the integrand there."""
    if time < SWITCH:
        return _by_images(time, drift, start)
    return _by_eigenfunctions(time, drift, start)


@njit(**COMPILED)
@no_type_check
def _by_images(time, drift, start):
    root, total, density = math.sqrt(0.5 / time), 0.0, 0.0
    driven = drift * math.sqrt(0.5 * time)
    for term in range(IMAGES):
        # start, start - 2, start + 2, ...: nearer ones first
        place = start - (term + 1) if term % 2 else start + term
        far = abs(place)
        # erfc(x) exp(drift far) underflows only where it is below exp(-drift far) exp(-600).
        reached = 0.5 * (
            math.exp(-drift * far) * math.erfc(far * root - driven)
            + math.exp(drift * far) * math.erfc(far * root + driven)
        )
        sign = 1.0 if place > 0 else -1.0
        total += sign * reached
        density += place * math.exp(-((far * root) ** 2))
    scale = math.exp(-(driven**2)) / math.sqrt(2 * math.pi * time**3)
    return total, density * scale


@njit(**COMPILED)
@no_type_check
def _by_eigenfunctions(time, drift, start):
    total, density = 0.0, 0.0
    for k in range(1, EIGENFUNCTIONS + 1):
        rate = 0.5 * ((k * math.pi) ** 2 + drift * drift)
        term = k * math.pi * math.sin(k * math.pi * start) * math.exp(-rate * time)
        density += term
        total += term / rate
    return lower_mass(drift, start) - total, density

"""Tasks' parameters on the scales of Stan programs that have some of their own, and back.

Where a posterior is narrow and wide at once, or bent, or cut, chains move badly; these scales
straighten it. Where it is the same in several places, a program knows one of them, and the way
back is to a random one.
"""

import math

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from numpy.random import Generator

NEEDLE = 0.3  # of the mixture's stretch: its middle, of this width, is stretched evenly


def stretched(theta: Float[ndarray, "S 2"], x: Float[ndarray, " 2"]) -> Float[ndarray, "S 2"]:
    """The mixture's theta, so that its narrow and its wide part are about as wide."""
    return np.arcsinh((theta - x) / NEEDLE)


def shrunk(
    rng: Generator, params: Float[ndarray, "S 2"], x: Float[ndarray, " 2"]
) -> Float[ndarray, "S 2"]:
    """The way back."""
    return x + NEEDLE * np.sinh(params)


def arc(theta: Float[ndarray, "S 2"], x: Float[ndarray, " 2"]) -> Float[ndarray, "S 2"]:
    """Where on two moons' half circle the data lie, given theta: the radius, and which share of
    the angles that the prior allows at this radius comes before; NaN for a theta that cannot be."""
    across = x[0] - 0.25 + np.abs(theta.sum(-1)) / math.sqrt(2)
    along = x[1] - (theta[:, 1] - theta[:, 0]) / math.sqrt(2)
    angle, radius = np.arctan2(along, across), np.hypot(across, along)
    starts, lengths = _pieces(radius, x)
    with np.errstate(invalid="ignore"):
        share = np.clip(angle[:, None] - starts, 0, lengths).sum(1) / lengths.sum(1)
    possible = (across > 0) & (np.abs(theta) < 1).all(1)
    return np.where(possible[:, None], np.stack([radius, share], -1), np.nan)


def either_moon(
    rng: Generator, params: Float[ndarray, "S 2"], x: Float[ndarray, " 2"]
) -> Float[ndarray, "S 2"]:
    """Theta, of both that the radius and the share may come from."""
    radius, share = params.T
    starts, lengths = _pieces(radius, x)
    before = np.cumsum(lengths, 1) - lengths
    position = share[:, None] * lengths.sum(1, keepdims=True)
    piece = (position >= before).sum(1, keepdims=True) - 1
    angle = np.take_along_axis(starts + position - before, piece, 1)[:, 0]
    across, along = radius * np.cos(angle) - x[0] + 0.25, x[1] - radius * np.sin(angle)
    across = np.where(rng.random(len(params)) < 0.5, across, -across)
    return np.stack([across - along, across + along], -1) / math.sqrt(2)


def folded(theta: Float[ndarray, "S 5"], x: Float[ndarray, "T 2"]) -> Float[ndarray, "S 5"]:
    """SLCP's theta without the signs that leave no trace."""
    return np.concatenate([theta[:, :2], np.abs(theta[:, 2:4]), theta[:, 4:]], 1)


def any_quarter(
    rng: Generator, params: Float[ndarray, "S 5"], x: Float[ndarray, "T 2"]
) -> Float[ndarray, "S 5"]:
    """The same with signs at random."""
    signs = np.ones_like(params)
    signs[:, 2:4] = rng.choice([-1.0, 1.0], size=(len(params), 2))
    return params * signs


def _pieces(
    radius: Float[ndarray, " S"], x: Float[ndarray, " 2"]
) -> tuple[Float[ndarray, "S 3"], Float[ndarray, "S 3"]]:
    """Starts and lengths of what the prior leaves of the arc: see programs/two_moons.stan."""

    def acos_within(distance: float) -> Float[ndarray, " S"]:
        return np.arccos(np.clip(distance / radius, -1, 1))

    aside, quarter = x[0] - 0.25, math.pi / 4
    edge = math.sqrt(2) + aside
    end = acos_within(max(0.0, aside))
    below, above = (acos_within((edge + way * x[1]) / math.sqrt(2)) for way in (-1, 1))
    starts = [-end, np.maximum(below - quarter, -end), np.maximum(below - quarter, quarter + above)]
    ends = [np.minimum(-quarter - below, quarter - above), np.minimum(quarter - above, end), end]
    starts, ends = np.stack(starts, 1), np.stack(ends, 1)
    return starts, np.clip(ends - starts, 0, None)

"""What a simulator must not do, refused at its first draw and not found out from odd results."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

TRIED = 16  # rows that are simulated twice first
# Axes of the files, and what else has a rank.
RESERVED = frozenset(
    [
        "dataset",
        "draw",
        "parameter",
        "member",
        "rank",
        "point",
        "epoch",
        "part",
        "score",
        "quantity",
    ]
)
RANKED = frozenset(["log_likelihood", "log_posterior", "tarp"])


def names(theta_names: tuple[str, ...], x_axes: tuple[str, ...]) -> None:
    """Refuses names that clash, with each other or with those of the files' own axes.

    Raises:
        ValueError: If a name stands twice or is taken.
    """
    for kind, given in (("theta_names", theta_names), ("x_axes", x_axes)):
        if isinstance(given, str) or not given or not all(given):
            raise ValueError(f"{kind} needs a tuple of names, not {given!r}: ('name',) is one name")
        twice = sorted({name for name in given if given.count(name) > 1})
        if twice:
            raise ValueError(f"{kind} needs different names, but {', '.join(twice)} stands twice")
    ranked = sorted(RANKED & set(theta_names))
    if ranked:
        raise ValueError(
            f"theta_names may not hold {', '.join(ranked)}, which is ranked beside the parameters: "
            "give the parameter another name"
        )
    taken = sorted(RESERVED & set(x_axes))
    if taken:
        raise ValueError(
            f"x_axes may not be called {', '.join(taken)}, as axes of the files are: give the data "
            "axis another name, such as coordinate, time or trial"
        )


def places(given: Sequence[int], parameters: int) -> None:
    """Refuses places of parameters that there are not.

    Raises:
        ValueError: If one is not among them.
    """
    beyond = sorted({place for place in given if not 0 <= place < parameters})
    if beyond:
        raise ValueError(
            f"theta_whole and theta_spans need places from 0 to {parameters - 1}, but there are "
            f"{', '.join(map(str, beyond))}: count parameters from 0"
        )


def shapes(theta: Tensor, x: Tensor, n: int, parameters: int, axes: int) -> None:
    """Refuses draws whose shapes are not those that the names promise.

    Raises:
        ValueError: If theta is not (n, parameters), or x not n data sets of `axes` axes.
    """
    for name, values in (("theta", theta), ("x", x)):
        if not isinstance(values, Tensor) or not values.is_floating_point():
            kind = values.dtype if isinstance(values, Tensor) else type(values).__name__
            raise ValueError(f"{name} must be a tensor of floating-point numbers, not {kind}")
    if tuple(theta.shape) != (n, parameters):
        raise ValueError(
            f"the prior must give theta of shape {(n, parameters)}, a column per name in "
            f"theta_names, but gave {tuple(theta.shape)}"
        )
    if x.ndim != 1 + axes or len(x) != n:
        raise ValueError(
            f"simulate must give {n} data sets of {axes} axis(es), one per name in x_axes, but "
            f"gave the shape {tuple(x.shape)}"
        )


def finite(theta: Float[Tensor, "B D"], x: Float[Tensor, " B *X"]) -> None:
    """Refuses data that are not finite, with the parameters they came from.

    Raises:
        ValueError: If a parameter or a simulated value is NaN or infinite.
    """
    if not torch.isfinite(theta).all():
        raise ValueError(
            "parameters must be finite, but some draws of the prior are not: mend the prior"
        )
    bad = ~torch.isfinite(x).flatten(1).all(1)
    if bad.any():
        row = int(bad.nonzero()[0])
        raise ValueError(
            f"simulated data must be finite, but {int(bad.sum())} of {len(x)} data sets are not, "
            f"the first at theta = {theta[row].tolist()}: mend the simulator or its prior"
        )


def above(low: float, x: Float[Tensor, " B *X"]) -> None:
    """Refuses data that are not above their bound.

    Raises:
        ValueError: If a simulated value is at the bound or below it.
    """
    if not (x > low).all():
        raise ValueError(
            f"simulated data must be above x_low = {low}, but {int((x <= low).sum())} of "
            f"{x.numel()} numbers are not: mend the simulator, or lower x_low"
        )


def zero_or_more(x: Float[Tensor, " B *X"]) -> None:
    """Refuses negative data where they are zeros and positive numbers.

    Raises:
        ValueError: If a simulated value is below zero.
    """
    if not (x >= 0).all():
        raise ValueError(
            f"simulated data must be zero or positive (x_zeros), but {int((x < 0).sum())} of "
            f"{x.numel()} numbers are not: cut them off at 0, or take x_zeros out"
        )


def bounded(name: str, low: float, high: float) -> None:
    """Refuses a shift of times without bounds on both sides.

    Raises:
        ValueError: If one of them is infinite.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(
            f"the parameter that x_shift says needs a prior with two bounds, but {name} lies "
            f"between {low} and {high}: give it bounds, or leave out x_shift"
        )


def shifted(shift: Float[Tensor, " B"], x: Float[Tensor, "B T 1"]) -> None:
    """Refuses response times that are not above their shift.

    Raises:
        ValueError: If an absolute value is at its shift or below it.
    """
    bad = x.abs().amin((1, 2)) <= shift
    if bad.any():
        row = int(bad.nonzero()[0])
        raise ValueError(
            f"response times must be above the parameter that x_shift says, but in {int(bad.sum())}"
            f" of {len(x)} data sets some are not, first in row {row}, with "
            f"{float(x[row].abs().amin())} and {float(shift[row])}: mend the simulator, or leave "
            "out x_shift"
        )


def observed(x: Float[Tensor, "*B T X"]) -> None:
    """Refuses data sets that have no trial, or numbers that are not finite.

    Raises:
        ValueError: If there are such.
    """
    if not x.shape[-2]:
        raise ValueError("a data set needs a trial or more, not none: leave it out")
    bad = ~x.isfinite().flatten(-2).all(-1).flatten()
    if bad.any():
        raise ValueError(
            f"data must be finite, but {int(bad.sum())} of {len(bad)} data sets are not, first "
            f"number {int(bad.nonzero()[0])}: take out what is missing, and what belongs to it"
        )


def above_shift(low: float, x: Float[Tensor, "*B T 1"]) -> None:
    """Refuses data sets with a response time that no shift of the prior allows.

    Raises:
        ValueError: If an absolute value is at the prior's least shift or below it.
    """
    least = x.abs().amin((-1, -2)).flatten()
    bad = least <= low
    if bad.any():
        row = int(bad.nonzero()[0])
        raise ValueError(
            f"response times, in seconds, must be above {low:g}, the least that the prior adds to "
            f"them, but in {int(bad.sum())} of {len(bad)} data sets some are not, first in number "
            f"{row}, with {float(least[row]):g}: take them out, or mend their unit"
        )


def counts(most: int, x: Float[Tensor, " B *X"]) -> None:
    """Refuses data that are not whole numbers from 0 to the largest.

    Raises:
        ValueError: If a simulated value is none.
    """
    bad = (x < 0) | (x > most) | (x != x.round())
    if bad.any():
        raise ValueError(
            f"simulated data must be whole numbers from 0 to x_counts = {most}, but "
            f"{int(bad.sum())} of {x.numel()} are not, such as {float(x[bad][0])}: mend the "
            "simulator, or leave out x_counts"
        )


def repeatable(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]) -> None:
    """Refuses draws that differ although they came from equal generators.

    Raises:
        ValueError: If they do.
    """
    same = all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    finite = all(torch.isfinite(part).all() for part in (*first, *second))  # NaN equals nothing
    if finite and not same:
        raise ValueError(
            "a simulator must draw from the generator `rng` it is given, but two runs with equal "
            "generators gave different numbers: replace what else it draws from (such as "
            "numpy.random.default_rng() without a seed) by torch functions with generator=rng"
        )


@contextmanager
def own_generator_only() -> Iterator[None]:
    """Refuses a block that draws from a global generator of torch or NumPy.

    Raises:
        ValueError: If one of them has moved.
    """
    before = _states()
    yield
    moved = [name for name, state in _states().items() if state != before[name]]
    if moved:
        raise ValueError(
            f"a simulator must draw from the generator `rng` it is given, but this one drew from "
            f"the global generator of {' and '.join(moved)}: give generator=rng to each function "
            "that draws"
        )


def _states() -> dict[str, object]:
    _, keys, *rest = np.random.get_state()  # the legacy one is what is watched
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": (keys.tobytes(), *rest),
    }

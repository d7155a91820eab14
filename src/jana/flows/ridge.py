"""A linear regression, as flows start from."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

ROWS = 50_000  # that a regression of logarithms is fitted to, at most
RIDGE = 1e-3  # a prior precision of the standardized slopes
LARGEST = 40.0  # of a logarithm: squares are finite in single precision, and not zero
BEYOND = 1.0  # of the largest logarithm that was seen, above which no model of numbers goes


def ridge(
    design: Float[Tensor, "R F"], target: Float[Tensor, " R"]
) -> tuple[Float[Tensor, " F"], Float[Tensor, ""]]:
    """Slopes and offset of a regression on standardized features, in double precision."""
    centre, spread = design.mean(0), design.std(0).clamp(min=1e-6)
    unit = (design - centre) / spread
    inner = unit.mT @ unit
    inner.diagonal().add_(RIDGE * len(unit))
    found = torch.linalg.solve(inner, unit.mT @ (target - target.mean())) / spread
    return found, target.mean() - centre @ found


class Fit(NamedTuple):
    """The regression of one number's logarithm, where it is positive.

    Attributes:
        place: Of the number in its row.
        slope: Of each feature.
        offset: Of all.
        design: The features of the rows that were fitted.
        residual: What is left of their logarithms.
    """

    place: int
    slope: Float[Tensor, " F"]
    offset: Float[Tensor, ""]
    design: Float[Tensor, "P F"]
    residual: Float[Tensor, " P"]


def of_logarithms(x: Float[Tensor, "R X"], design: Float[Tensor, "R F"]) -> Iterator[Fit]:
    """One for each number that is positive in enough of the rows, of which `some` are taken."""
    rows = some(len(x), x.device)
    x, design = x[rows], design[rows].double()
    for place, column in enumerate(x.unbind(-1)):
        positive = column > 0
        if int(positive.sum()) > design.shape[1] + 1:
            known, target = design[positive], column[positive].double().log()
            slope, offset = ridge(known, target)
            yield Fit(place, slope, offset, known, target - known @ slope - offset)


def ceiling(x: Float[Tensor, "R X"]) -> Float[Tensor, " X"]:
    """Above which no logarithm of a number is to go: a little more than was seen, if any was."""
    largest = x.amax(0)
    return torch.where(largest > 0, largest.log() + BEYOND, LARGEST)


def some(n: int, device: torch.device) -> Tensor:
    """Which of `n` rows: at most `ROWS`, evenly.

    Not every so many-th: rows are steps, whose clock that may keep step with.
    """
    return torch.linspace(0, n - 1, min(n, ROWS), dtype=torch.float64, device=device).long()

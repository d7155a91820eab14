"""How well posteriors find the parameters that data were simulated from."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Recovery(NamedTuple):
    """Posterior medians against the truth, by parameter.

    Of an angle, the mean direction stands for the median, in the turn that is nearest to the
    truth, and the length that mean vectors lack to 1 for the variance.

    Attributes:
        median: Of the draws of each data set.
        r2: 1 - mean square error of the medians over the variance of the truths; 1 is best,
            0 no better than the mean, and it can be negative.
        correlation: Pearson's r of medians and truths.
        contraction: 1 - mean posterior variance over the variance of the truths: 0 if the data
            taught nothing, near 1 if much.
    """

    median: Float[Tensor, "B D"]
    r2: Float[Tensor, " D"]
    correlation: Float[Tensor, " D"]
    contraction: Float[Tensor, " D"]


def recovery(
    truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"], circular: Sequence[int] = ()
) -> Recovery:
    """Compares the draws of each data set with the parameters it came from.

    Args:
        truth: Parameters.
        draws: Of the posterior of each data set.
        circular: Places of parameters that are angles.
    """
    median, spread = draws.quantile(0.5, dim=1), truth.var(0)
    contraction = 1 - draws.var(1).mean(0) / spread
    for place in circular:
        angle, turns = draws[..., place], 2 * math.pi
        toward = torch.atan2(angle.sin().mean(1), angle.cos().mean(1))
        off = torch.remainder(toward - truth[:, place] + math.pi, turns) - math.pi
        median[:, place] = truth[:, place] + off
        wide = (_lacking(part) for part in (angle, truth[None, :, place]))
        each, prior = (part.mean() for part in wide)
        contraction[place] = 1 - each / prior
    error = (median - truth).square().mean(0)
    centred = [part - part.mean(0) for part in (median, truth)]
    norms = centred[0].norm(dim=0) * centred[1].norm(dim=0)
    correlation = (centred[0] * centred[1]).sum(0) / norms.clamp(min=torch.finfo(norms.dtype).tiny)
    return Recovery(median, 1 - error / spread, correlation, contraction)


def _lacking(angle: Float[Tensor, "B L"]) -> Float[Tensor, " B"]:
    """Circular variance: 1 less the length of the mean of unit vectors."""
    return 1 - torch.hypot(angle.sin().mean(1), angle.cos().mean(1))

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
    truth; the correlation is Jammalamadaka and Sarma's; and what the square of the mean vector's
    length lacks to 1, without the bias of few draws, stands for the variance.

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
    contraction, correlation = 1 - draws.var(1).mean(0) / spread, _correlation(median, truth)
    for place in circular:
        angle, turns = draws[..., place], 2 * math.pi
        toward = torch.atan2(angle.sin().mean(1), angle.cos().mean(1))
        off = torch.remainder(toward - truth[:, place] + math.pi, turns) - math.pi
        median[:, place] = truth[:, place] + off
        each, prior = (_lacking(part).mean() for part in (angle, truth[None, :, place]))
        contraction[place] = 1 - each / prior
        sines = (_from_middle(part).sin() for part in (toward, truth[:, place]))
        correlation[place] = _cosine(*sines)
    error = (median - truth).square().mean(0)
    return Recovery(median, 1 - error / spread, correlation, contraction)


def _lacking(angle: Float[Tensor, "B L"]) -> Float[Tensor, " B"]:
    """1 less the squared length of the mean of unit vectors, unbiased: 1 if all are even."""
    n = angle.shape[1]
    square = angle.sin().mean(1).square() + angle.cos().mean(1).square()
    return 1 - (n * square - 1) / (n - 1)


def _correlation(one: Float[Tensor, "B D"], other: Float[Tensor, "B D"]) -> Float[Tensor, " D"]:
    return _cosine(*(part - part.mean(0) for part in (one, other)))


def _from_middle(angle: Float[Tensor, " B"]) -> Float[Tensor, " B"]:
    """Angles less their mean direction, whose sines are correlated.

    Reference: Jammalamadaka & SenGupta (2001), Topics in Circular Statistics, section 8.2.
    """
    return angle - torch.atan2(angle.sin().mean(), angle.cos().mean())


def _cosine(one: Float[Tensor, " B *D"], other: Float[Tensor, " B *D"]) -> Float[Tensor, "*D"]:
    norms = one.norm(dim=0) * other.norm(dim=0)
    return (one * other).sum(0) / norms.clamp(min=torch.finfo(norms.dtype).tiny)

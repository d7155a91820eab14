"""Held-out log densities, alone and against the exact optimum."""

import math
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor


class Mean(NamedTuple):
    """A mean over data sets and its standard error."""

    value: float
    error: float


def mean(values: Float[Tensor, " B"]) -> Mean:
    """Over independent data sets; infinite if any value is."""
    values = values.double()
    return Mean(float(values.mean()), float(values.std() / math.sqrt(len(values))))


def divergence(exact: Float[Tensor, " B"], approximate: Float[Tensor, " B"]) -> Mean:
    """The Kullback-Leibler divergence of an approximation, in nats per data set.

    The mean over pairs from p of log p - log q; 0 at the optimum, inf if q gives one of them
    no density at all. Single terms may be negative.

    Args:
        exact: Log densities of held-out pairs under the true conditional.
        approximate: The same under the network.
    """
    return mean(exact.double() - approximate.double())


def root_mean_square(errors: Float[Tensor, " B"]) -> Mean:
    """Root mean square, its standard error by the delta method."""
    square = mean(errors.double().square())
    root = math.sqrt(square.value)
    return Mean(root, square.error / (2 * root) if root else 0.0)


def share_outside(log_prior: Float[Tensor, " B"]) -> float:
    """The share of draws to which the prior gives no density, NaN being none."""
    return float((~(log_prior > -math.inf)).double().mean())

"""How well posteriors find the parameters that data were simulated from."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Recovery(NamedTuple):
    """Posterior medians against the truth, by parameter.

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


def recovery(truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"]) -> Recovery:
    """Compares the draws of each data set with the parameters it came from."""
    median = draws.quantile(0.5, dim=1)
    spread = truth.var(0)
    error = (median - truth).square().mean(0)
    centred = [part - part.mean(0) for part in (median, truth)]
    norms = centred[0].norm(dim=0) * centred[1].norm(dim=0)
    correlation = (centred[0] * centred[1]).sum(0) / norms.clamp(min=torch.finfo(norms.dtype).tiny)
    return Recovery(median, 1 - error / spread, correlation, 1 - draws.var(1).mean(0) / spread)

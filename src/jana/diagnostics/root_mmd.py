"""The paper's distance between two samples: a biased root MMD of 19 kernels.

Its published figures are of Gaussian kernels; the printed numbers of its first version are of
inverse multiquadratic ones.

It is not 0 for equal distributions: five of its kernels are so narrow that each draw sees itself
alone, which adds 5 (1 / L + 1 / N) to the square, whatever the samples. Read it beside what exact
draws score, or take `mmd`.

Reference: Radev et al. (2023), arXiv:2302.09125, section 4.2; its floor: Gretton et al. (2012).
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Kernel = Literal["gaussian", "inverse_multiquadratic"]
# Of Gaussian kernels the variances, from 1e-6 to 1e6; the scales of the others.
VARIANCES = (
    *(10.0**power for power in range(-6, 1)),
    *(5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0),
    *(10.0**power for power in range(2, 7)),
)
# Exponents are cut off here, which adds less than 1e-34: what rounds to 0 takes ten times as long.
LEAST = -80.0


def root_mmd(
    reference: Float[Tensor, "L D"], draws: Float[Tensor, "B N D"], kernel: Kernel = "gaussian"
) -> Float[Tensor, " B"]:
    """The root of the biased squared MMD of each sample from one reference.

    Comparable only for equal numbers of draws; in the units of the draws, which nothing scales.

    Args:
        reference: Draws of the reference.
        draws: One sample after another.
        kernel: Sums of exp(-d^2 / 2 s) or of s / (d^2 + s), over distances d and the scales s.

    Raises:
        ValueError: If a draw is not finite.
    """
    if not (reference.isfinite().all() and draws.isfinite().all()):
        raise ValueError("MMD needs finite draws, but some are not: look at where they came from")
    at = KERNELS[kernel]
    within = _mean_kernel(at, reference, reference)
    squares = [
        within + _mean_kernel(at, sample, sample) - 2 * _mean_kernel(at, reference, sample)
        for sample in draws
    ]
    return torch.stack(squares).clamp(min=0).sqrt() if squares else draws.new_empty(0).double()


def _gaussian(squares: Float[Tensor, "L N"], scale: float) -> Float[Tensor, "L N"]:
    return (squares / (-2 * scale)).clamp_(min=LEAST).exp_()


def _inverse_multiquadratic(squares: Float[Tensor, "L N"], scale: float) -> Float[Tensor, "L N"]:
    return scale / (squares + scale)


KERNELS = {"gaussian": _gaussian, "inverse_multiquadratic": _inverse_multiquadratic}


def _mean_kernel(
    at: Callable[[Tensor, float], Tensor], one: Float[Tensor, "L D"], other: Float[Tensor, "N D"]
) -> Float[Tensor, ""]:
    """The mean over all pairs of the sum of all kernels, each draw with itself included."""
    squares = torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist").square_()
    rows = sum(at(squares, scale).sum(1, dtype=torch.float64) for scale in VARIANCES)
    return rows.mean() / len(other)

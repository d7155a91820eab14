"""The log density of whole sets of response times and its gradient, in one pass and closed form.

What the network tells of a set is the same for all its trials: here the splines of both responses
are laid out once for a set, not once for each trial, and its trials are gone through one by one, in
double precision. It is what `Response.log_prob_of_trials` gives, summed, on a CPU; a chain that
asks for a set's density again and again takes a tenth of the time.
"""

import math
from collections.abc import Sequence
from functools import cache
from types import ModuleType

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from .spline import Spline


def log_density(
    x: Float[Tensor, "R T"],
    log_odds: Float[Tensor, " R"],
    shift: Float[Tensor, " R"],
    told: Float[Tensor, "R 2 P"],
    splines: Sequence[Spline],
) -> Float[Tensor, " R"]:
    """Of each set, in nats; -inf where a time is not above the shift, with a gradient of 0.

    Args:
        x: Signed response times.
        log_odds: Of the response with the positive sign.
        shift: What is added to all times.
        told: Mean of the log time above the shift, log scale, and the splines' raw numbers.
        splines: Of equal numbers of bins, from data to latent.

    Raises:
        ValueError: If splines differ, or the raw numbers are not as many as they need.
    """
    (kind,) = kinds if len(kinds := {(s.bins, s.bound, s.least) for s in splines}) == 1 else (None,)
    if kind is None or told.shape[2] != 2 + len(splines) * (3 * kind[0] - 1):
        raise ValueError(
            f"sets of response times need splines of one kind and their raw numbers, not {splines} "
            f"and {told.shape[2] - 2} numbers"
        )
    bins, bound, least = kind
    return _Total.apply(x, log_odds, shift, told, (bins, bound, -math.log(least)))


class _Total(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx, x: Tensor, log_odds: Tensor, shift: Tensor, told: Tensor, shape: tuple
    ) -> Tensor:
        given = [part.detach().double().contiguous().numpy() for part in (x, log_odds, shift, told)]
        found = [np.zeros(len(x)), *(np.zeros_like(part) for part in given[1:])]
        kernels().totals(*given, *shape, *found)
        ctx.save_for_backward(*(torch.from_numpy(part) for part in found[1:]))
        ctx.dtypes = [part.dtype for part in (log_odds, shift, told)]
        return torch.from_numpy(found[0])

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, by_total: Tensor) -> tuple:
        found = [
            (part * by_total.view(-1, *[1] * (part.ndim - 1))).to(dtype)
            for part, dtype in zip(ctx.saved_tensors, ctx.dtypes, strict=True)
        ]
        return None, *found, None


@cache
def kernels() -> ModuleType:
    """Imported where they are used: numba takes half a second of every job that has a network."""
    from . import set_kernels

    return set_kernels

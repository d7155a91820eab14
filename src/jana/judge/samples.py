"""Rows of one sample given x = (0, 0): how far from exact draws, and where its draws lie."""

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from ..diagnostics.c2st import c2st
from ..diagnostics.densities import share_outside
from ..io.tables import row
from ..simulators.base import Simulator


def share_error(share: float, n: int) -> float:
    """The standard error of a share of `n` draws, at least that of one of them."""
    some = min(max(share, 1 / n), 1 - 1 / n)
    return math.sqrt(some * (1 - some) / n)


def scores(
    labels: dict, exact: Float[Tensor, "L D"], ours: Float[Tensor, "L D"], **fields: object
) -> Iterator[dict]:
    """C2ST; its error is that of a share of 2 L draws."""
    value = float(c2st(exact[None], ours[None]))
    error = share_error(value, 2 * len(ours))
    yield row(labels | {"draws": len(ours)}, "c2st", value, error=error, **fields)


def shapes(
    labels: dict, draws: Float[Tensor, "L D"], x: Float[Tensor, "1 X"], simulator: Simulator
) -> Iterator[dict]:
    """Where draws lie: on which mode, on none, outside the prior's support."""
    modes, n = simulator.mode(draws, x), len(draws)
    shares = {("mode_share", f"mode {mode + 1}"): modes == mode for mode in (0, 1)}
    shares["off_modes", None] = modes < 0
    found = {key: float(torch.as_tensor(hit).double().mean()) for key, hit in shares.items()}
    found["outside_support", None] = share_outside(simulator.prior.log_prob(draws))
    for (metric, quantity), share in found.items():
        fields = {"quantity": quantity, "draws": n, "error": share_error(share, n)}
        yield row(labels, metric, share, **fields)

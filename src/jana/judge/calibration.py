"""SBC and joint SBC: curves with their bands, p-values, and draws outside the prior."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from ..diagnostics import ecdf
from ..diagnostics.densities import share_outside
from ..diagnostics.ranks import ranks
from ..io.tables import row

METRICS = {"posterior": "sbc_pvalue", "joint": "jsbc_pvalue"}


class Calibration(NamedTuple):
    """Rank ECDFs of every member and parameter, over one simultaneous band.

    Attributes:
        grid: Fractional ranks (K,).
        posterior: ECDFs of posterior SBC (M, D, K).
        joint: ECDFs of joint SBC.
        lower: Lower edge of the band for all parameters of a task together (K,).
        upper: Its upper edge.
        p_values: By kind, (M, D), adjusted for the number of parameters.
    """

    grid: Float[Tensor, " K"]
    posterior: Float[Tensor, "M D K"]
    joint: Float[Tensor, "M D K"]
    lower: Float[Tensor, " K"]
    upper: Float[Tensor, " K"]
    p_values: dict[str, Float[Tensor, "M D"]]


def calibration(
    rng: Generator,
    theta: Float[Tensor, "B D"],
    draws: dict[str, Float[Tensor, "M B L D"]],
    level: float,
) -> Calibration:
    """Ranks of the true parameters among both kinds of draws ("posterior" and "joint")."""
    sets, n = draws["posterior"].shape[1:3]
    found = {kind: [ranks(theta, member) for member in draws[kind]] for kind in METRICS}
    null = ecdf.null_extremes(rng, sets, n)
    band = ecdf.band(null, sets, n, 1 - (1 - level) / theta.shape[1])
    curves = {
        kind: torch.stack([ecdf.ecdf(member, n) for member in members])
        for kind, members in found.items()
    }
    p_values = {
        kind: torch.stack([_p_values(member, n, null) for member in members])
        for kind, members in found.items()
    }
    return Calibration(
        ecdf.grid(n), **curves, lower=band.lower, upper=band.upper, p_values=p_values
    )


def rows(
    labels: dict,
    found: Calibration,
    log_prior: Float[Tensor, "M B L"],
    names: Sequence[str],
) -> list[dict]:
    """Per seed: adjusted p-values of each kind and parameter; the share outside the prior."""
    p_values = [
        row(labels, METRICS[kind], float(p), seed=seed, quantity=name, method="jana")
        for kind, members in found.p_values.items()
        for seed, member in enumerate(members)
        for name, p in zip(names, member, strict=True)
    ]
    outside = [
        row(labels, "outside_support", share_outside(member.flatten()), seed=seed, method="jana")
        for seed, member in enumerate(log_prior)
    ]
    return p_values + outside


def _p_values(found: Int[Tensor, "B D"], n: int, null: Float[Tensor, " S"]) -> Float[Tensor, " D"]:
    extremes = ecdf.extremes(ecdf.counts_below(found, n), len(found))
    return ecdf.holm(ecdf.p_values(extremes, null))

"""Pareto-smoothed importance weights: a thin, typed call of arviz-stats."""

import math
from typing import NamedTuple

import numpy as np
import torch
from arviz_stats.base import array_stats
from jaxtyping import Float
from torch import Tensor

# Share of the largest weight within which the whole tail is as good as equal: weights are sums of
# densities in single precision, and their ties are no tail.
EQUAL = 1e-2


class Smoothed(NamedTuple):
    """Log weights whose largest are replaced by quantiles of a fitted Pareto tail.

    Attributes:
        log_weights: Not normalised: on the scale of what went in.
        khat: Shape of the tail; above 0.7 a mean of the weights is not to be trusted. -inf
            where the largest weights are within a
            hundredth of each other.
    """

    log_weights: Float[Tensor, "*B L"]
    khat: Float[Tensor, "*B"]


def smooth(log_weights: Float[Tensor, "*B L"]) -> Smoothed:
    """Pareto-smooths each row. Zero weights (-inf) stay zero.

    Reference: Vehtari et al. (2024), JMLR 25(72), arXiv:1507.02646.

    Raises:
        ValueError: If there are fewer than 25 draws, too few for a tail, or a weight is NaN or
            infinite.
    """
    raw = log_weights.double().cpu()
    if raw.shape[-1] < 25:
        raise ValueError(f"a Pareto tail needs 25 draws or more, not {raw.shape[-1]}: draw more")
    if not (raw < math.inf).all():
        raise ValueError(
            "log weights must be numbers or -inf, not NaN or inf: look at the log densities"
        )
    rows = [_smooth_row(row) for row in raw.reshape(-1, raw.shape[-1]).numpy()]
    weights = torch.from_numpy(np.stack([weight for weight, _ in rows])).reshape(raw.shape)
    khats = torch.tensor([khat for _, khat in rows], dtype=torch.float64)
    return Smoothed(weights, khats.reshape(raw.shape[:-1]))


def _smooth_row(raw: np.ndarray) -> tuple[np.ndarray, float]:
    n = len(raw)
    rising = np.sort(raw)
    size = math.ceil(min(0.2 * n, 3 * math.sqrt(n)))
    below, tail = rising[-size - 1], rising[-size:]
    body = int(0.75 * n)  # its place from below is under the tail, a fifth of the draws at most
    if not np.isfinite(rising[body]):  # three quarters of the weights are zero: no tail to speak of
        return raw, np.inf
    excess = np.exp(tail - tail[-1]) - np.exp(below - tail[-1])  # what a Pareto tail is fitted to
    if excess[-1] < EQUAL:
        return raw, -np.inf
    if tail[0] == tail[-1] or excess[size // 4] < np.finfo(float).tiny:
        return raw, np.inf  # a few weights, or one, stand for all: nothing to fit
    normalised, khat = array_stats.psislw(-raw)
    # The body is changed by normalisation alone, and so gives it back.
    shift = rising[body] - np.sort(normalised)[body]
    return normalised + shift, float(khat)

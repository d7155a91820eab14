"""Pareto-smoothed importance weights: a thin, typed call of arviz-stats."""

from typing import NamedTuple

import numpy as np
import torch
from arviz_stats.base import array_stats
from jaxtyping import Float
from torch import Tensor


class Smoothed(NamedTuple):
    """Log weights whose largest are replaced by quantiles of a fitted Pareto tail.

    Attributes:
        log_weights: Not normalised: on the scale of what went in.
        khat: Shape of the tail; above 0.7 a mean of the weights is not to be trusted. -inf
            where the weights do not vary.
    """

    log_weights: Float[Tensor, "*B L"]
    khat: Float[Tensor, "*B"]


def smooth(log_weights: Float[Tensor, "*B L"]) -> Smoothed:
    """Pareto-smooths each row. Zero weights (-inf) stay zero.

    Reference: Vehtari et al. (2024), JMLR 25(72), arXiv:1507.02646.

    Raises:
        ValueError: If there are fewer than 25 draws, too few for a tail, or a weight is NaN.
    """
    raw = log_weights.double().cpu()
    if raw.shape[-1] < 25:
        raise ValueError(f"a Pareto tail needs 25 draws or more, not {raw.shape[-1]}: draw more")
    if raw.isnan().any():
        raise ValueError("log weights must be numbers or -inf, not NaN: look at the log densities")
    rows = [_smooth_row(row) for row in raw.flatten(0, -2).numpy()]
    weights = torch.from_numpy(np.stack([weight for weight, _ in rows])).reshape(raw.shape)
    return Smoothed(weights, torch.tensor([k for _, k in rows]).double().reshape(raw.shape[:-1]))


def _smooth_row(raw: np.ndarray) -> tuple[np.ndarray, float]:
    order = np.argsort(raw)
    body = order[int(0.75 * len(raw))]  # the tail has at most a fifth of the draws
    if np.ptp(raw[np.isfinite(raw)]) < 1e-12 and np.isfinite(raw).all():
        return raw, -np.inf
    if not np.isfinite(raw[body]):  # three quarters of the weights are zero: no tail to speak of
        return raw, np.inf
    normalised, khat = array_stats.psislw(-raw)
    # The body is changed by normalisation alone, and so gives it back.
    return normalised + (raw[body] - normalised[body]), float(khat)

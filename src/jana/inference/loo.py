"""Posteriors of exchangeable data without one trial each, at the cost of drawing."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..joint import Joint
from .draws import posterior_draws
from .surrogate import log_likelihood_of_trials


def left_out(x: Float[Tensor, "*B T X"]) -> Float[Tensor, "*B T S X"]:
    """Each data set without its first trial, without its second, ...; S = T - 1.

    Raises:
        ValueError: If there is one trial only.
    """
    trials = x.shape[-2]
    if trials < 2:
        raise ValueError(f"leaving one trial out needs 2 or more, not {trials}")
    others = torch.arange(trials - 1).repeat(trials, 1)
    others += others >= torch.arange(trials)[:, None]
    return x[..., others, :]


def draws_left_out(
    model: Joint, rngs: Sequence[Generator], x: Float[Tensor, "M T X"], n: int
) -> Float[Tensor, "M T L D"]:
    """`n` posterior draws of one data set without each of its trials."""
    return posterior_draws(model, rngs, left_out(x), n).draws


def log_likelihood_left_out(
    model: Joint, draws: Float[Tensor, "M T L D"], x: Float[Tensor, "M T X"]
) -> Float[Tensor, "M L T"]:
    """Entry (l, i): log q(x_i | theta) at the l-th posterior draw without trial i."""
    return log_likelihood_of_trials(model, draws, x[:, :, None]).squeeze(-1).mT

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


def log_likelihood_left_out(
    model: Joint, rngs: Sequence[Generator], x: Float[Tensor, "M B T X"], n: int
) -> Float[Tensor, "M B L T"]:
    """Entry (l, i): log q(x_i | theta) at the l-th of `n` posterior draws without trial i."""
    found = []
    for sets in x.unbind(1):  # one data set after another, to bound memory
        draws = posterior_draws(model, rngs, left_out(sets), n).draws
        single = sets[:, :, None]
        found.append(log_likelihood_of_trials(model, draws, single).squeeze(-1).mT)
    return torch.stack(found, dim=1)

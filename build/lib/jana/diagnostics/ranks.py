"""Rank statistics: where the truth falls among draws of its posterior."""

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor


def ranks(truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"]) -> Int[Tensor, "B D"]:
    """How many of its L posterior draws fall below each true parameter.

    Were the draws exact, each column would be uniform on 0, ..., L. A hump says that the
    posteriors are too wide, a bowl too narrow, a slope that they are biased. Joint SBC is the
    same function on draws whose data came from the likelihood network.

    Reference: Talts et al. (2018), arXiv:1804.06788.

    Args:
        truth: Parameters from the prior, in the units of the simulator.
        draws: Draws of p(theta | x_b), where x_b was simulated from truth[b].

    Returns:
        Counts between 0 and L, both included.

    Raises:
        ValueError: If a draw is NaN, which no comparison would notice.
    """
    _check(truth, draws)
    return (draws < truth[:, None]).sum(1)


def tied_ranks(
    rng: Generator, truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"]
) -> Int[Tensor, "B D"]:
    """The same for quantities that may tie, such as a log density that is flat.

    The rank is drawn from those that the ties leave open, so that it stays uniform.
    """
    _check(truth, draws)
    below, ties = (draws < truth[:, None]).sum(1), (draws == truth[:, None]).sum(1)
    chance = torch.rand(ties.shape, generator=rng, dtype=torch.float64)
    return below + (chance * (ties + 1)).long()


def _check(truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"]) -> None:
    if draws.isnan().any() or truth.isnan().any():
        raise ValueError("ranks need numbers, but some draws or truths are NaN: look for the cause")

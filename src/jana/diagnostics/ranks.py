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


def weighted_ranks(
    rng: Generator,
    truth: Float[Tensor, "B D"],
    draws: Float[Tensor, "B L D"],
    log_weights: Float[Tensor, "B K"],
) -> Int[Tensor, "B D"]:
    """The same where draws of q stand for a posterior p, each by its weight p / q.

    Given the L + 1 points that the truth and the draws make together, each of them was the truth
    with a probability in proportion to its weight, if p is exact. So the weights of the points
    below the truth, and a random share of its own, make a uniform number together: at any L, and
    however unequal the weights are, though the power is that of as many draws as they are worth.
    Ties share their weights at random; equal weights give `tied_ranks`. To leave out data sets by
    their weights, look at all L + 1 of them alike, or ranks of the rest are not uniform.

    Reference: Tibshirani et al. (2019), arXiv:1904.06019, for weighted exchangeability.

    Args:
        rng: For the random shares.
        truth: What is ranked, of parameters from the prior.
        draws: The same of L draws of q for each.
        log_weights: L + 1 of them for each: log p / q, up to a constant, of the truth, then of
            the draws.

    Raises:
        ValueError: If a value is NaN, or the points of a data set have no weight at all.
    """
    _check(truth, draws)
    if not log_weights.amax(1).isfinite().all():
        raise ValueError(
            "weighted ranks need finite log weights, or -inf for some points of a data set, but "
            "found NaN, inf, or -inf for all of them: look for the cause"
        )
    own, weights = log_weights.double().softmax(1)[..., None].split([1, draws.shape[1]], 1)
    below = (weights * (draws < truth[:, None])).sum(1)
    ties = (weights * (draws == truth[:, None])).sum(1) + own[:, 0]
    chance = torch.rand(ties.shape, generator=rng, dtype=torch.float64)
    n = draws.shape[1]
    return ((below + chance * ties) * (n + 1)).long().clamp(max=n)


def _check(truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"]) -> None:
    if draws.isnan().any() or truth.isnan().any():
        raise ValueError("ranks need numbers, but some draws or truths are NaN: look for the cause")

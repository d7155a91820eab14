"""Losses: named terms, one value per member, whose sum is minimized."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from ..joint import Joint


class Trials(NamedTuple):
    """Which of a data set's exchangeable trials each network sees in a step."""

    posterior: Int[Tensor, " P"]
    likelihood: Int[Tensor, " L"]


def some_trials(
    rng: Generator, trials: int, least: float, likelihood: int, in_order: bool = False
) -> Trials:
    """A random subset for each network.

    The posterior's size varies, so that it learns data sets of many sizes.

    Args:
        rng: Where they are drawn from.
        trials: How many there are.
        least: Smallest share of them for the posterior network.
        likelihood: How many for the likelihood network, whose loss is scaled up in turn.
        in_order: Whether the posterior's are the first ones, the likelihood's the last.
    """
    fewest = max(1, round(least * trials))
    size = int(torch.randint(fewest, trials + 1, (), generator=rng))
    order = torch.arange(trials) if in_order else torch.randperm(trials, generator=rng)
    return Trials(order[:size], order.flip(0)[:likelihood])


def nll(
    model: Joint,
    theta: Float[Tensor, "M B D"],
    x: Float[Tensor, "M B *X"],
    trials: Trials | None = None,
    names: tuple[str, ...] = ("posterior", "likelihood"),
) -> dict[str, Float[Tensor, " M"]]:
    """Mean negative log densities of the flows, in nats per data set, by network.

    Args:
        model: Both flows.
        theta: Parameters.
        x: The data sets they gave.
        trials: A subset of exchangeable trials: the sum over the likelihood's is scaled up to all
            of them, which leaves its expectation as it is.
        names: Of which networks.
    """
    if trials is None:
        seen = given = x
    else:
        seen, given = x[:, :, trials.posterior], x[:, :, trials.likelihood]
    found = {}
    if "posterior" in names:
        found["posterior"] = -model.log_posterior(theta, seen).mean(-1)
    if "likelihood" in names:
        scale = x[0, 0].numel() / given[0, 0].numel()
        found["likelihood"] = -scale * model.log_likelihood(theta, given).mean(-1)
    return found

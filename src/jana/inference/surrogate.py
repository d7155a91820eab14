"""The likelihood network as a stand-in for the simulator."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..joint import Joint
from ..shared import SharedSummary
from .chunks import in_chunks, sampled

PAIRS = 20_000  # of a draw and a data set that are held at once: bounds memory


def simulate(
    model: Joint,
    rngs: Sequence[Generator],
    theta: Float[Tensor, "M B D"],
    x: Float[Tensor, "M B *X"],
    n: int,
) -> Float[Tensor, "M B L *X"]:
    """`n` surrogate data sets for each theta and member, as large as those of the training set.

    Args:
        model: The pair.
        rngs: One generator per member.
        theta: Parameters.
        x: Data sets whose designs, where there are any, the surrogate ones have.
        n: How many for each theta.
    """
    if model.design:
        theta, x = (part.repeat_interleave(n, dim=1) for part in (theta, x))
        draws = sampled(model.likelihood, lambda told: told, rngs, model.told(theta, x), 1).draws
        made = draws.reshape(*theta.shape[:2], x.shape[2], -1)
        return model.data(made, x).unflatten(1, (-1, n))
    if model.serial:
        again = (part.repeat_interleave(n, dim=1) for part in (theta, x))
        return model.surrogate(rngs, *again).unflatten(1, (-1, n))
    trials = model.x_shape[0] if model.exchangeable else 1
    draws = sampled(model.likelihood, lambda theta: theta, rngs, theta, n * trials).draws
    made = draws.reshape(*theta.shape[:2], n, *model.x_shape)
    return model.data(made.flatten(1, 2), x).unflatten(1, (-1, n))


def log_likelihood(
    model: Joint, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B *X"]
) -> Float[Tensor, "M B"]:
    """log q(x | theta) of each pair, in nats."""
    device = next(model.parameters()).device
    (found,) = in_chunks(
        lambda theta, x: (model.log_likelihood(theta.to(device), x.to(device)),),
        theta,
        x,
        per_row=x.shape[2] if model.exchangeable or model.serial else 1,
    )
    return found


def log_likelihood_of_draws(
    model: Joint, draws: Float[Tensor, "M B L D"], x: Float[Tensor, "M B *X"]
) -> Float[Tensor, "M B L"]:
    """log q(x_b | theta) at each of L parameter draws per data set, in nats."""
    if isinstance(model, SharedSummary):  # a data set is summarised once, not for every draw
        return _of_summaries(model, draws, x)
    return _at_draws(lambda theta, x: log_likelihood(model, theta, x), draws, x)


def _of_summaries(model: SharedSummary, draws: Tensor, x: Tensor) -> Tensor:
    device, per_row = (
        next(model.parameters()).device,
        x.shape[2] if model.exchangeable or model.serial else 1,
    )
    (seen,) = in_chunks(lambda x: (model.context(x.to(device)),), x, per_row=per_row)

    def density(*pair: Tensor) -> Tensor:
        (found,) = in_chunks(
            lambda *rows: (model.log_likelihood_of_features(*(part.to(device) for part in rows)),),
            *pair,
        )
        return found

    return _at_draws(density, draws, seen)


def log_likelihood_of_trials(
    model: Joint, draws: Float[Tensor, "M B L D"], x: Float[Tensor, "M B T X"]
) -> Float[Tensor, "M B L T"]:
    """log q(x_bt | theta) of each exchangeable trial at each of L parameter draws, in nats."""
    device = next(model.parameters()).device

    def of_trials(theta: Tensor, x: Tensor) -> Tensor:
        (found,) = in_chunks(
            lambda theta, x: (model.log_likelihood_of_trials(theta.to(device), x.to(device)),),
            theta,
            x,
            per_row=x.shape[2],
        )
        return found

    return _at_draws(of_trials, draws, x)


def _at_draws(density, draws: Tensor, x: Tensor) -> Tensor:  # noqa: ANN001
    """A density of (theta, x) at every draw, some data sets and draws at a time."""
    sets = max(1, PAIRS // draws.shape[2])

    def at(theta: Tensor, given: Tensor) -> Tensor:
        n = theta.shape[2]
        return density(theta.flatten(1, 2), given.repeat_interleave(n, dim=1)).unflatten(1, (-1, n))

    found = [
        torch.cat([at(some, given) for some in theta.split(PAIRS, dim=2)], dim=2)
        for theta, given in zip(draws.split(sets, dim=1), x.split(sets, dim=1), strict=True)
    ]
    return torch.cat(found, dim=1)

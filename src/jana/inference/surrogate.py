"""The likelihood network as a stand-in for the simulator."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Generator, Tensor

from ..joint import Joint
from .chunks import in_chunks, sampled


def simulate(
    model: Joint, rngs: Sequence[Generator], theta: Float[Tensor, "M B D"], n: int
) -> Float[Tensor, "M B L X"]:
    """`n` surrogate data sets for each theta and member."""
    return sampled(model.likelihood, lambda theta: theta, rngs, theta, n).draws


def log_likelihood(
    model: Joint, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B X"]
) -> Float[Tensor, "M B"]:
    """log q(x | theta) of each pair, in nats."""
    device = next(model.parameters()).device
    (found,) = in_chunks(
        lambda theta, x: (model.log_likelihood(theta.to(device), x.to(device)),), theta, x
    )
    return found


def log_likelihood_of_draws(
    model: Joint, draws: Float[Tensor, "M B L D"], x: Float[Tensor, "M B X"]
) -> Float[Tensor, "M B L"]:
    """log q(x_b | theta) at each of L parameter draws per data set, in nats."""
    n = draws.shape[2]
    found = log_likelihood(model, draws.flatten(1, 2), x.repeat_interleave(n, dim=1))
    return found.unflatten(1, (-1, n))

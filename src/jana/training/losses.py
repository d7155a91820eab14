"""Losses: named terms, one value per member, whose sum is minimized."""

from jaxtyping import Float
from torch import Tensor

from ..joint import Joint


def nll(
    model: Joint, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B X"]
) -> dict[str, Float[Tensor, " M"]]:
    """Mean negative log densities of both flows, in nats per data set, by the part they train."""
    return {
        "posterior": -model.log_posterior(theta, x).mean(-1),
        "likelihood": -model.log_likelihood(theta, x).mean(-1),
    }

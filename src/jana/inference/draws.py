"""Draws from the posterior network, and their log densities."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Generator, Tensor

from ..flows.flow import Sample
from ..joint import Joint
from .chunks import in_chunks, sampled
from .surrogate import simulate


def posterior_draws(
    model: Joint, rngs: Sequence[Generator], x: Float[Tensor, "M B *X"], n: int
) -> Sample:
    """`n` draws of q(theta | x_b) per data set and member, and their log densities.

    Args:
        model: On any device.
        rngs: One generator per member.
        x: Data sets; the same or others for each member.
        n: Number of draws L.
    """
    return sampled(model.posterior, model.context, rngs, x, n)


def log_posterior(
    model: Joint, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B *X"]
) -> Float[Tensor, "M B"]:
    """log q(theta | x) of each pair, in nats; -inf outside the prior's support."""
    device = next(model.parameters()).device
    (found,) = in_chunks(
        lambda theta, x: (model.log_posterior(theta.to(device), x.to(device)),), theta, x
    )
    return found


def joint_draws(
    model: Joint,
    rngs: Sequence[Generator],
    theta: Float[Tensor, "M B D"],
    x: Float[Tensor, "M B *X"],
    n: int,
) -> tuple[Float[Tensor, "M B *X"], Sample]:
    """For joint SBC: one surrogate data set per theta (of x's design), and `n` draws for each.

    Ranks of theta among these draws are uniform if both networks agree with each other on
    data that the likelihood network makes.

    Reference: Radev et al. (2023), arXiv:2302.09125, section 3.3.
    """
    made = simulate(model, rngs, theta, x, 1)[:, :, 0]
    return made, posterior_draws(model, rngs, made, n)

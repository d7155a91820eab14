"""Series from a likelihood network beside those of the simulator, for the same parameters."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Generator, Tensor

from ..joint import Joint
from ..simulators.base import Simulator
from .chunks import in_chunks


def replicated(
    rng: Generator, simulator: Simulator, theta: Float[Tensor, "B D"], n: int
) -> Float[Tensor, "B L T X"]:
    """`n` series of the simulator for each parameter."""
    made = simulator.simulate(rng, theta.repeat_interleave(n, 0))
    return made.unflatten(0, (-1, n))


def surrogates(
    model: Joint,
    rngs: Sequence[Generator],
    theta: Float[Tensor, "B D"],
    like: Float[Tensor, "B L T X"],
) -> Float[Tensor, "M B L T X"]:
    """As many series of each member's likelihood network.

    Args:
        model: The pair.
        rngs: One generator per member.
        theta: Parameters.
        like: The simulator's: a design whose networks are told moments of the series that they
            make gets those of these; nothing else of them is used.
    """
    n = like.shape[1]
    given = model.shared(theta.repeat_interleave(n, 0), like.flatten(0, 1))
    return model.surrogate(rngs, *given).unflatten(1, (-1, n))


def log_steps(
    model: Joint, theta: Float[Tensor, "B D"], x: Float[Tensor, "B T X"]
) -> Float[Tensor, "M B T"]:
    """log q(x_t | theta, x before t) of each step."""
    device = next(model.parameters()).device
    (found,) = in_chunks(
        lambda *pair: (model.likelihood.log_prob_of_steps(*(part.to(device) for part in pair)),),
        *reversed(model.shared(theta, x)),
        per_row=x.shape[1],
    )
    return found

"""Summaries of simulations, and of data from worlds that differ from the simulator's."""

from jaxtyping import Float
from torch import Generator, Tensor

from ..joint import Joint
from ..simulators.base import Simulate, Simulator
from .chunks import in_chunks


def summaries(model: Joint, x: Float[Tensor, " B *X"]) -> Float[Tensor, "M B C"]:
    """What the posterior network of each member is given of the data."""
    device = next(model.parameters()).device
    per_row = x.shape[1] if model.serial else 1
    (found,) = in_chunks(
        lambda part: (model.context(part.to(device)),), *model.shared(x), per_row=per_row
    )
    return found


def repeated(
    rng: Generator, simulate: Simulate, theta: Float[Tensor, "B D"], n: int
) -> Float[Tensor, " R *X"]:
    """`n` data sets for each parameter, one parameter after the other."""
    return simulate(rng, theta.repeat_interleave(n, 0))


def drawn(
    rng: Generator,
    simulator: Simulator,
    theta: Float[Tensor, "P D"],
    n: int,
    each: int,
    what: str,
    size: float,
) -> tuple[Float[Tensor, " B *X"], Float[Tensor, " R *X"]]:
    """Data of a changed simulator.

    Args:
        rng: Of all that is drawn.
        simulator: Which can be changed.
        theta: Parameters of the second part.
        n: Data sets with parameters of their own, from the prior.
        each: Data sets for each of `theta`.
        what: Is changed.
        size: How much.
    """
    world = simulator.changed(what, size)
    return world(rng, simulator.prior.sample(rng, n)), repeated(rng, world, theta, each)

"""A trained pair of our networks, of one member, as `Fitted` has it."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Generator, Tensor

from ..inference import draws, refine
from ..inference import surrogate as made
from ..joint import Joint
from .method import Budgeted, Drawn, kept_inside


def direct(model: Joint, task: Budgeted) -> Callable[[Generator, Tensor, int], Drawn]:
    """Draws of the posterior network."""

    def drawn(rng: Generator, x: Float[Tensor, " X"], n: int) -> Drawn:
        def propose(many: int) -> Tensor:
            return draws.posterior_draws(model, [rng], x[None, None], many).draws[0, 0]

        return Drawn(*kept_inside(task.prior, propose, n))

    return drawn


def refined(
    model: Joint, task: Budgeted, proposals: int
) -> Callable[[Generator, Tensor, int], Drawn]:
    """Draws of both networks; see `inference.refine`."""

    def drawn(rng: Generator, x: Float[Tensor, " X"], n: int) -> Drawn:
        given = model, [rng], task.prior.log_prob, x[None, None]

        chosen = []

        def propose(many: int) -> Tensor:  # direct draws, where weights are not to be trusted
            found = refine.refined(*given, many, proposals)
            chosen.append(bool(found.chosen))
            return found.draws[0, 0]

        return Drawn(*kept_inside(task.prior, propose, n), all(chosen))

    return drawn


def surrogate(model: Joint) -> Callable[[Generator, Tensor], Tensor]:
    """A data set of the likelihood network for each row of theta."""

    def simulated(rng: Generator, theta: Float[Tensor, "L D"]) -> Float[Tensor, "L X"]:
        return made.simulate(model, [rng], theta[None], theta[None], 1)[0, :, 0]

    return simulated


def densities(model: Joint) -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """Of both networks, in nats."""
    return {
        "posterior": lambda theta, x: draws.log_posterior(model, theta[None], x[None])[0],
        "likelihood": lambda theta, x: made.log_likelihood(model, theta[None], x[None])[0],
    }

"""The protocol: a simulator with a budget and an observation in; draws and densities out."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..rng import generator
from ..simulators.base import Draws, Prior, Simulator


class Drawn(NamedTuple):
    """Draws of one posterior.

    Attributes:
        theta: The draws, as the method gives them to its users.
        outside: Share of all that a network proposed for them that lay outside the prior's support,
            and was rejected; None where nothing is: chains and resampling keep to it by themselves.
        refined: Of refined draws, whether they were chosen among proposals, or are direct ones.
    """

    theta: Float[Tensor, "L D"]
    outside: float | None
    refined: bool | None = None


class Fitted(NamedTuple):
    """What a method has learned.

    Attributes:
        posteriors: By the name that its draws have in the tables: (rng, x, n) -> draws.
        surrogate: A data set for each row of theta, where there is a likelihood network.
        densities: By "posterior" and "likelihood", where they are normalised: log densities of
            rows (theta, x), in nats.
        amortized: Whether posteriors are for every x, or for the one observation alone.
        notes: Further numbers of the run, by metric.
    """

    posteriors: dict[str, Callable[[Generator, Float[Tensor, " X"], int], Drawn]]
    surrogate: Callable[[Generator, Float[Tensor, "L D"]], Float[Tensor, "L X"]] | None
    densities: dict[
        str, Callable[[Float[Tensor, "B D"], Float[Tensor, "B X"]], Float[Tensor, " B"]]
    ]
    amortized: bool
    notes: dict[str, float]


class Budgeted:
    """A simulator that makes so many data sets and no more.

    Draws from the prior depend on the seed alone, so that all methods with one seed learn from
    the same simulations, as far as they learn from the prior's.

    Args:
        simulator: Whose data sets are counted.
        budget: How many there may be, validation included.
        seed: Of all of them.
    """

    def __init__(self, simulator: Simulator, budget: int, seed: int):
        self.prior: Prior = simulator.prior
        self.budget = budget
        self.used = 0
        self._simulator = simulator
        self._rng = generator(seed)

    def pairs(self, n: int) -> Draws:
        """`n` parameters from the prior and their data."""
        self._spend(n)
        return self._simulator.draw(self._rng, n)

    def pairs_at(self, theta: Float[Tensor, "B D"]) -> Draws:
        """Given parameters, and a data set for each.

        Raises:
            ValueError: If the budget is spent, or a parameter lies outside the prior's support.
        """
        self._spend(len(theta))
        if not self.prior.log_prob(theta).isfinite().all():
            raise ValueError(
                "a method may simulate within the prior's support only, but some parameters lie "
                "outside: reject them first"
            )
        return Draws(theta, self._simulator.simulate(self._rng, theta))

    def _spend(self, n: int) -> None:
        self.used += n
        if self.used > self.budget:
            raise ValueError(
                f"the budget is {self.budget} simulations, validation included, but {self.used} "
                "were asked for: lower per_round, or raise the budget"
            )


@runtime_checkable
class Method(Protocol):
    """Learns from simulations; sequential methods also look at the observation."""

    def __call__(self, rng: Generator, task: Budgeted, x: Float[Tensor, " X"]) -> Fitted: ...


def rounds(budget: int, per_round: int | None) -> list[int]:
    """How many simulations each round has: all in one without `per_round`.

    Raises:
        ValueError: If the rounds do not make up the budget.
    """
    if per_round is None:
        return [budget]
    if budget % per_round:
        raise ValueError(
            f"rounds of {per_round} simulations must make up the budget, but {budget} is no "
            "multiple: change per_round"
        )
    return [per_round] * (budget // per_round)


def kept_inside(
    prior: Prior, propose: Callable[[int], Float[Tensor, "N D"]], n: int
) -> tuple[Float[Tensor, "L D"], float]:
    """The first `n` proposals within the prior's support, and the share of all that was not.

    Raises:
        ValueError: If practically none is.
    """
    kept, proposed, inside = [], 0, 0
    while inside < n:
        if proposed >= 1000 * n:
            raise ValueError(
                f"of {proposed} proposals only {inside} lie within the prior's support, where {n} "
                "are needed: the network has learned little"
            )
        theta = propose(n)
        good = prior.log_prob(theta).isfinite()
        kept.append(theta[good])
        proposed, inside = proposed + n, inside + int(good.sum())
    return torch.cat(kept)[:n], 1 - inside / proposed

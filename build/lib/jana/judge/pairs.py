"""A pair of posterior and likelihood as plain functions, and pairs with a known fault.

Diagnostics that judge networks are judged here themselves: on exact answers, which they must
pass at their stated rate, and on answers spoilt in one way each, which they must flag.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..rng import generator
from ..simulators.base import Simulator

GUIDE = 200  # exact draws that a posterior's centre and spread are taken from


@dataclass(frozen=True)
class Pair:
    """What a posterior and a likelihood network offer, from whatever it comes.

    Attributes:
        sample: Posterior draws (B, L, D) of each data set, and the log density of each (B, L).
        log_posterior: log q(theta | x), row by row.
        simulate: Data from the likelihood, one data set per row of theta.
        log_likelihood: log q(x | theta), broadcasting over rows.
    """

    sample: Callable[[Generator, Tensor, int], tuple[Tensor, Tensor]]
    log_posterior: Callable[[Tensor, Tensor], Tensor]
    simulate: Callable[[Generator, Tensor], Tensor]
    log_likelihood: Callable[[Tensor, Tensor], Tensor]


def exact(simulator: Simulator) -> Pair:
    """The simulator's own answers."""
    known = simulator.answers()

    def sample(rng: Generator, x: Tensor, n: int) -> tuple[Tensor, Tensor]:
        draws = known.sample(rng, x, n)
        joint = simulator.prior.log_prob(draws) + simulator.log_likelihood(draws, x.unsqueeze(1))
        return draws, joint - known.log_marginal(x)[:, None]

    return Pair(sample, known.log_posterior, simulator.simulate, simulator.log_likelihood)


def moved(simulator: Simulator, stretch: float = 1.0, shift: float = 0.0) -> Pair:
    """Posteriors stretched about their centre, or shifted by a share of their spread."""
    right = exact(simulator)

    def guide(x: Tensor) -> tuple[Tensor, Tensor]:
        draws = simulator.answers().sample(generator(0), x, GUIDE)
        return draws.mean(1), draws.mean(1) + shift * draws.std(1)

    def sample(rng: Generator, x: Tensor, n: int) -> tuple[Tensor, Tensor]:
        draws, log_density = right.sample(rng, x, n)
        old, new = (centre[:, None] for centre in guide(x))
        return new + stretch * (draws - old), log_density - _log_volume(draws, stretch)

    def log_posterior(theta: Tensor, x: Tensor) -> Tensor:
        old, new = guide(x)
        back = right.log_posterior(old + (theta - new) / stretch, x)
        return back - _log_volume(theta, stretch)

    return replace(right, sample=sample, log_posterior=log_posterior)


def prior_only(simulator: Simulator) -> Pair:
    """The prior in the posterior's place."""
    prior = simulator.prior

    def sample(rng: Generator, x: Tensor, n: int) -> tuple[Tensor, Tensor]:
        draws = prior.sample(rng, len(x) * n).unflatten(0, (-1, n))
        return draws, prior.log_prob(draws)

    return replace(
        exact(simulator), sample=sample, log_posterior=lambda theta, x: prior.log_prob(theta)
    )


def shuffled(simulator: Simulator) -> Pair:
    """Each data set with the posterior of another."""
    right = exact(simulator)
    return replace(
        right,
        sample=lambda rng, x, n: right.sample(rng, x.roll(1, 0), n),
        log_posterior=lambda theta, x: right.log_posterior(theta, x.roll(1, 0)),
    )


def one_mode(simulator: Simulator) -> Pair:
    """Of posteriors that are alike at (a, b) and (-b, -a), the half with a + b > 0 only."""
    right = exact(simulator)

    def sample(rng: Generator, x: Tensor, n: int) -> tuple[Tensor, Tensor]:
        draws, log_density = right.sample(rng, x, n)
        upper = draws.sum(-1, keepdim=True) > 0
        return torch.where(upper, draws, -draws.flip(-1)), log_density + torch.tensor(2.0).log()

    def log_posterior(theta: Tensor, x: Tensor) -> Tensor:
        both = right.log_posterior(theta, x) + torch.tensor(2.0).log()
        return torch.where(theta.sum(-1) > 0, both, -torch.inf)

    return replace(right, sample=sample, log_posterior=log_posterior)


def wrong_likelihood(simulator: Simulator, stretch: float) -> Pair:
    """The right posterior beside a likelihood whose noise is stretched about theta."""
    right = exact(simulator)

    def log_likelihood(theta: Tensor, x: Tensor) -> Tensor:
        inner = right.log_likelihood(theta, theta + (x - theta) / stretch)
        return inner - _log_volume(theta, stretch)

    return replace(
        right,
        simulate=lambda rng, theta: theta + stretch * (simulator.simulate(rng, theta) - theta),
        log_likelihood=log_likelihood,
    )


def _log_volume(theta: Float[Tensor, "*B D"], stretch: float) -> float:
    return theta.shape[-1] * torch.tensor(stretch).log().item()


# By what is wrong: the task it is shown on, and how it is made.
FAULTS: dict[str, tuple[str, Callable[[Simulator], Pair]]] = {
    "nothing (mixture)": ("gaussian_mixture", exact),
    "nothing (two moons)": ("two_moons", exact),
    "too narrow, by 0.7": ("gaussian_mixture", lambda s: moved(s, stretch=0.7)),
    "too wide, by 1.4": ("gaussian_mixture", lambda s: moved(s, stretch=1.4)),
    "biased, by half its spread": ("gaussian_mixture", lambda s: moved(s, shift=0.5)),
    "one moon only": ("two_moons", one_mode),
    "prior as posterior": ("gaussian_mixture", prior_only),
    "shuffled data": ("gaussian_mixture", shuffled),
    "wrong likelihood, noise times 1.5": (
        "gaussian_mixture",
        lambda s: wrong_likelihood(s, 1.5),
    ),
}

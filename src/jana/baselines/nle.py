"""SNL by `sbi`: a likelihood network, in rounds around one observation, sampled by MCMC.

Reference: Papamakarios, Sterratt & Murray (2019), arXiv:1805.07226.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..rng import lent
from .calls import Sampler, Schedule, Silent, box, epochs, sampled, trained
from .method import Budgeted, Drawn, Fitted, rounds

if TYPE_CHECKING:
    from sbi.inference import NLE_A

Posterior = Any  # one of sbi's, made of the likelihood network so far and the one before


@dataclass(frozen=True)
class Nle:
    """A masked autoregressive flow for the likelihood.

    Attributes:
        name: What its draws are called in the tables.
        per_round: Simulations of each round; None: all in one, for every observation.
        hidden: Width of its conditioners, of two blocks each.
        transforms: Its layers.
        training: Of each round.
        sampler: Of its posteriors, between rounds and at the end.
    """

    name: str
    per_round: int | None
    hidden: int
    transforms: int
    training: Schedule
    sampler: Sampler

    def __call__(self, rng: Generator, task: Budgeted, x: Float[Tensor, " X"]) -> Fitted:
        """See `Method`. Later rounds simulate at draws of the posterior so far, given x."""

        def posterior(trainer: "NLE_A", network: torch.nn.Module, _: Posterior) -> Posterior:
            return trainer.build_posterior(
                network, sample_with="mcmc", posterior_parameters=self.sampler.parameters()
            )

        return in_rounds(self, rng, task, x, posterior, self.per_round is None)


@runtime_checkable
class Learner(Protocol):
    """What settings of a likelihood network in rounds have; see `Nle`."""

    name: str
    per_round: int | None
    hidden: int
    transforms: int
    training: Schedule


def in_rounds(
    settings: Learner,
    rng: Generator,
    task: Budgeted,
    x: Float[Tensor, " X"],
    posterior_of: Callable[["NLE_A", torch.nn.Module, Posterior], Posterior],
    amortized: bool,
) -> Fitted:
    """A likelihood network, learned in rounds; how its posterior is sampled is passed in.

    Args:
        settings: Of the network and its training.
        rng: Of all that is drawn.
        task: Simulations.
        x: The observation.
        posterior_of: The posterior of the trainer's network, and of the round before.
        amortized: Whether its posteriors are for every x.
    """
    from sbi.inference import NLE_A
    from sbi.neural_nets import likelihood_nn

    build = likelihood_nn(
        "maf", hidden_features=settings.hidden, num_transforms=settings.transforms
    )
    posterior = None
    trainer = NLE_A(box(task.prior), build, tracker=Silent(), show_progress_bars=False)
    for index, n in enumerate(rounds(task.budget, settings.per_round)):
        if posterior is None:
            pairs = task.pairs(n)
        else:
            pairs = task.pairs_at(sampled(posterior, rng, x, n).theta)
        with lent(rng):
            trainer.append_simulations(*pairs, from_round=index)
            network = trained(trainer, settings.training)
            posterior = posterior_of(trainer, network, posterior)

    def draws(rng: Generator, x: Float[Tensor, " X"], n: int) -> Drawn:
        return sampled(posterior, rng, x, n)

    def surrogate(rng: Generator, theta: Float[Tensor, "L D"]) -> Float[Tensor, "L X"]:
        with lent(rng), torch.no_grad():
            return network.sample((1,), condition=theta)[0]

    def log_likelihood(theta: Tensor, x: Tensor) -> Tensor:
        with torch.no_grad():
            return network.log_prob(x[None], condition=theta)[0]

    densities = {"likelihood": log_likelihood}
    notes = epochs(trainer, settings.training)
    return Fitted({settings.name: draws}, surrogate, densities, amortized, notes)

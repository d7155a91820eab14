"""SNVI by `sbi`: SNL's likelihood network, sampled by a variational posterior and resampling.

Reference: Gloeckler, Deistler & Macke (2022), arXiv:2203.04176.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .calls import Schedule
from .method import Budgeted, Fitted
from .nle import Posterior, in_rounds

if TYPE_CHECKING:
    from sbi.inference import NLE_A


@dataclass(frozen=True)
class Variational:
    """A neural spline flow, fitted to one posterior by the forward Kullback-Leibler divergence.

    Attributes:
        transforms: Its layers.
        hidden: Their width.
        rate: Adam's, at first.
        gamma: Factor of the rate at each step.
        least: Steps, at least.
        most: Steps, at most.
        particles: Draws per step.
        oversampling: Draws that each resampled one is chosen from.
    """

    transforms: int
    hidden: int
    rate: float
    gamma: float
    least: int
    most: int
    particles: int
    oversampling: int


@dataclass(frozen=True)
class Snvi:
    """A likelihood network as SNL's, and a variational posterior that each round goes on with.

    Attributes:
        name: What its draws are called in the tables.
        per_round: Simulations of each round.
        hidden: Width of the likelihood's conditioners.
        transforms: Its layers.
        training: Of each round.
        variational: The posterior.
    """

    name: str
    per_round: int
    hidden: int
    transforms: int
    training: Schedule
    variational: Variational

    def __call__(self, rng: Generator, task: Budgeted, x: Float[Tensor, " X"]) -> Fitted:
        """See `Method`."""

        def posterior(trainer: "NLE_A", network: torch.nn.Module, before: Posterior) -> Posterior:
            return _fitted(self.variational, trainer, network, before, x)

        return in_rounds(self, rng, task, x, posterior, False)  # its flow is fitted at this x


def _fitted(
    settings: Variational,
    trainer: "NLE_A",
    network: torch.nn.Module,
    before: Posterior,
    x: Float[Tensor, " X"],
) -> Posterior:
    """The resampled variational posterior given x, its flow going on from the one before."""
    from sbi.inference import ImportanceSamplingPosterior, likelihood_estimator_based_potential
    from sbi.inference.posteriors import VIPosterior

    prior = trainer._prior
    potential, transform = likelihood_estimator_based_potential(network, prior, x[None])
    flow = VIPosterior(
        potential,
        prior=prior,
        q="nsf" if before is None else before.proposal,
        theta_transform=transform,
        vi_method="fKL",
        num_transforms=settings.transforms,
        hidden_features=settings.hidden,
    ).set_default_x(x[None])
    flow.train(
        n_particles=settings.particles,
        learning_rate=settings.rate,
        gamma=settings.gamma,
        min_num_iters=settings.least,
        max_num_iters=settings.most,
        quality_control=False,
        show_progress_bar=False,
    )
    found = ImportanceSamplingPosterior(potential, flow, method="sir").set_default_x(x[None])
    # Its constructor takes the factor too, but its draws then go by the default of this method.
    found.sample = partial(found.sample, oversampling_factor=settings.oversampling)
    return found

"""NPE-C by `sbi`: a posterior network, from the prior alone or in rounds around one observation.

Reference: Greenberg, Nonnenmacher & Macke (2019), arXiv:1905.07488.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..rng import lent
from .calls import Schedule, Silent, box, epochs, trained
from .method import Budgeted, Drawn, Fitted, kept_inside, rounds

if TYPE_CHECKING:
    from sbi.inference.posteriors import DirectPosterior

MOST_AT_ONCE = 10_000  # data sets whose densities are computed at once


@dataclass(frozen=True)
class Npe:
    """One round is NPE-C, several are SNPE-C, whose later ones have the atomic loss.

    Attributes:
        name: What its draws are called in the tables.
        per_round: Simulations of each round; None: all in one.
        hidden: Width of the conditioners of its neural spline flow.
        transforms: Coupling layers.
        bins: Of each spline.
        atoms: Of the atomic loss.
        training: Of each round.
    """

    name: str
    per_round: int | None
    hidden: int
    transforms: int
    bins: int
    atoms: int
    training: Schedule

    def __call__(self, rng: Generator, task: Budgeted, x: Float[Tensor, " X"]) -> Fitted:
        """See `Method`. Later rounds simulate at draws of the posterior so far, given x."""
        from sbi.inference import NPE_C
        from sbi.neural_nets import posterior_nn

        build = posterior_nn(
            "nsf",
            hidden_features=self.hidden,
            num_transforms=self.transforms,
            num_bins=self.bins,
        )
        prior, posterior = box(task.prior), None
        trainer = NPE_C(prior, build, tracker=Silent(), show_progress_bars=False)
        for n in rounds(task.budget, self.per_round):
            if posterior is None:
                pairs = task.pairs(n)
            else:
                pairs = task.pairs_at(_draws(posterior, task, rng, x, n).theta)
            with lent(rng):
                trainer.append_simulations(*pairs, proposal=posterior)
                network = trained(trainer, self.training, num_atoms=self.atoms)
                posterior = trainer.build_posterior(network).set_default_x(x[None])

        def draws(rng: Generator, x: Float[Tensor, " X"], n: int) -> Drawn:
            return _draws(posterior, task, rng, x, n)

        alone = self.per_round is None
        densities = {"posterior": lambda theta, x: _log_prob(posterior, theta, x)} if alone else {}
        return Fitted({self.name: draws}, None, densities, alone, epochs(trainer, self.training))


def _draws(
    posterior: "DirectPosterior", task: Budgeted, rng: Generator, x: Float[Tensor, " X"], n: int
) -> Drawn:
    """Those within the prior's support, as sbi's own rejection; that counts no others."""

    def propose(number: int) -> Tensor:
        with torch.no_grad():
            found = posterior.posterior_estimator.sample((number,), condition=x[None])
        return found[:, 0]

    with lent(rng):
        return Drawn(*kept_inside(task.prior, propose, n))


@torch.no_grad()
def _log_prob(
    posterior: "DirectPosterior", theta: Float[Tensor, "B D"], x: Float[Tensor, "B X"]
) -> Float[Tensor, " B"]:
    """Of the network as it is: what it gives to parameters outside the prior's support is lost."""
    network = posterior.posterior_estimator
    parts = zip(theta.split(MOST_AT_ONCE), x.split(MOST_AT_ONCE), strict=True)
    return torch.cat([network.log_prob(one[None], condition=given)[0] for one, given in parts])

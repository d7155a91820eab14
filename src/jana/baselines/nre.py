"""SNRE-B by `sbi`: a classifier's ratio, in rounds around one observation, sampled by MCMC.

Reference: Durkan, Murray & Papamakarios (2020), arXiv:2002.03712.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Generator, Tensor

from ..rng import lent
from .calls import Sampler, Schedule, Silent, box, epochs, sampled, trained
from .method import Budgeted, Drawn, Fitted, rounds


@dataclass(frozen=True)
class Nre:
    """A residual network that tells a data set's own parameters from those of others.

    Attributes:
        name: What its draws are called in the tables.
        per_round: Simulations of each round; None: all in one, for every observation.
        hidden: Its width.
        blocks: Its residual blocks.
        atoms: Parameters among which it chooses.
        training: Of each round.
        sampler: Of its posteriors, between rounds and at the end.
    """

    name: str
    per_round: int | None
    hidden: int
    blocks: int
    atoms: int
    training: Schedule
    sampler: Sampler

    def __call__(self, rng: Generator, task: Budgeted, x: Float[Tensor, " X"]) -> Fitted:
        """See `Method`. Later rounds simulate at draws of the posterior so far, given x."""
        from sbi.inference import NRE_B
        from sbi.neural_nets import classifier_nn

        build = classifier_nn("resnet", hidden_features=self.hidden, num_blocks=self.blocks)
        posterior = None
        trainer = NRE_B(box(task.prior), build, tracker=Silent(), show_progress_bars=False)
        for index, n in enumerate(rounds(task.budget, self.per_round)):
            if posterior is None:
                pairs = task.pairs(n)
            else:
                pairs = task.pairs_at(sampled(posterior, rng, x, n).theta)
            with lent(rng):
                trainer.append_simulations(*pairs, from_round=index)
                network = trained(trainer, self.training, num_atoms=self.atoms)
                posterior = trainer.build_posterior(
                    network, sample_with="mcmc", posterior_parameters=self.sampler.parameters()
                )

        def draws(rng: Generator, x: Float[Tensor, " X"], n: int) -> Drawn:
            return sampled(posterior, rng, x, n)

        notes = epochs(trainer, self.training)
        return Fitted({self.name: draws}, None, {}, self.per_round is None, notes)

"""Our method behind the same protocol: the same training, draws and densities as elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..joint import Joint
from ..simulators.base import Draws
from ..training import fit
from ..training.fit import Training
from ..training.losses import nll
from . import pair
from .method import Budgeted, Fitted


@dataclass(frozen=True)
class Jana:
    """A pair of networks from simulations of the prior alone, for every observation.

    Attributes:
        name: What its draws are called in the tables.
        training: Its share of validation is of the budget.
        proposals: Draws that each refined one is chosen from.
        build: An untrained pair of one member, for such simulations, by seed.
        pool: Fixes how refined draws pool both networks, by held-out pairs.
    """

    name: str
    training: Training
    proposals: int
    build: Callable[[Draws, int], Joint]
    pool: Callable[[Joint, int, Tensor, Tensor], None]

    def __call__(self, rng: Generator, task: Budgeted, x: Float[Tensor, " X"]) -> Fitted:
        """See `Method`. The observation is not looked at."""
        pairs, seed = task.pairs(task.budget), int(torch.randint(2**31, (), generator=rng))
        model = self.build(pairs, seed)
        # Where nothing is held out, nothing is chosen by what is watched either.
        data = fit.split(tuple(pairs), self.training, tuple(pairs))
        state = fit.begin(model, data[0], self.training)
        course = fit.Course(data, self.training, task.prior.sample)
        for _ in fit.epochs(model, state, nll, course, [seed]):
            pass
        model.requires_grad_(False)
        self.pool(model, seed, *data[1])
        notes = {"epochs": float(state.passes)}
        if self.training.validation:  # else nothing is chosen: direct draws are the answer
            notes["pooling"] = float(model.pooling[0])
        posteriors = {
            self.name: pair.direct(model, task),
            f"{self.name}_refined": pair.refined(model, task, self.proposals),
        }
        return Fitted(posteriors, pair.surrogate(model), pair.densities(model), True, notes)

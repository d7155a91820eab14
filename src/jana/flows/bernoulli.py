"""A likelihood of outcomes that are 0 or 1, given parameters and the design of the trial."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import logsigmoid

from ..networks.dropout import Masks
from ..networks.mlp import MLP, Linear, Style, hidden_weights
from ..networks.standardize import Standardize
from .flow import Sample

ROWS = 50_000  # trials that the regression is fitted to, at most
STEPS, RIDGE = 30, 1e-3  # of Newton's method; a prior precision, so that slopes stay finite


class Bernoulli(nn.Module):
    """P(outcome | context), as a flow would be asked: log densities, draws, a start in closed form.

    The log odds are a logistic regression on the context and on all products of a parameter and
    a design coordinate, as in a generalized linear model, plus what a network finds beyond it.
    The regression is fitted once, and is the same for all members; the network starts at zero.

    Args:
        rngs: One generator per member.
        given: Bounds (D,) of the parameters.
        design: Number of design coordinates, which stand behind the parameters in the context.
        style: Of the network.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        given: tuple[Float[Tensor, " D"], Float[Tensor, " D"]],
        design: int,
        style: Style,
    ):
        super().__init__()
        edge = torch.full((design,), torch.inf)
        low, high = torch.cat([given[0], -edge]), torch.cat([given[1], edge])
        self.n_parameters = len(given[0])
        self.standardize = Standardize(low, high)
        features = len(low) + self.n_parameters * design
        self.register_buffer("slope", torch.zeros(features))
        self.register_buffer("offset", torch.zeros(()))
        self.project = Linear(hidden_weights(rngs, len(low), style.hidden[0], style.start))
        self.network = MLP(rngs, 0, len(low), 1, style)
        self.weight_decay = style.decay
        self.masks = Masks(self)

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "N 1"], context: Float[Tensor, "N C"]) -> None:
        """Fits the logistic regression by Newton's method."""
        self.standardize.set_from(context)
        rows = slice(None, None, math.ceil(len(x) / ROWS))
        features = self._features(self.standardize(context[rows])).double()
        design = torch.cat([features, torch.ones_like(features[:, :1])], -1)
        outcome, found = x[rows, 0].double(), torch.zeros(design.shape[1]).to(design)
        for _ in range(STEPS):
            chance = torch.sigmoid(design @ found)
            slope = design.mT @ (outcome - chance) - RIDGE * found
            curvature = (design.mT * (chance * (1 - chance))) @ design
            curvature.diagonal().add_(RIDGE)
            step = torch.linalg.solve(curvature, slope)
            # Far from the optimum a whole step may go too far: no log odds moves by more than 5.
            step = step * (5 / (design @ step).abs().max().clamp(min=5))
            found = found + step
            if float(step.abs().max()) < 1e-10:
                break
        self.slope.copy_(found[:-1])
        self.offset.copy_(found[-1])

    def log_prob(
        self, x: Float[Tensor, "M B 1"], context: Float[Tensor, "M B C"]
    ) -> Float[Tensor, "M B"]:
        """log P(x | context) of outcomes 0 or 1."""
        return logsigmoid((2 * x[..., 0] - 1) * self.log_odds(context))

    def log_odds(self, context: Float[Tensor, "M B C"]) -> Float[Tensor, "M B"]:
        """Of the outcome 1."""
        context = self.standardize(context)
        if self.training:
            self.masks.draw(context.shape[1], context.device)
        beyond = self.network(context[..., :0], self.project(context))[..., 0]
        return self._features(context) @ self.slope + self.offset + beyond

    def sample(self, noise: Float[Tensor, "M B L 1"], context: Float[Tensor, "M B C"]) -> Sample:
        """Outcomes: 1 where the uniform noise is below the chance."""
        log_odds = self.log_odds(context)[..., None]
        draws = (noise < torch.sigmoid(log_odds)[..., None]).to(noise)
        return Sample(draws, logsigmoid((2 * draws[..., 0] - 1) * log_odds))

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L 1"]:
        """Uniform noise for `rows` contexts, each member's from its own generator."""
        return torch.stack([torch.rand(rows, n, 1, generator=rng) for rng in rngs])

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """How strongly each hidden weight decays; see `Flow.decay`."""
        hidden = [self.project.weight, *self.network.hidden()]
        return dict.fromkeys(hidden, torch.tensor(self.weight_decay))

    def _features(self, context: Float[Tensor, "*B C"]) -> Float[Tensor, "*B F"]:
        theta, design = context.split(
            [self.n_parameters, context.shape[-1] - self.n_parameters], dim=-1
        )
        products = theta[..., :, None] * design[..., None, :]
        return torch.cat([context, products.flatten(-2)], -1)

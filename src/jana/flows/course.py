"""The course of a series: what each number is expected to be by the parameters alone."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from ..networks.mlp import MLP, Linear, Style, hidden_weights
from ..networks.recurrent import Recurrent
from .ridge import LARGEST, ceiling, of_logarithms

RATE = 0.1  # of a step's growth, per unit of what the network says


class Course(nn.Module):
    """log of the level of each number at each step, given what is known beforehand.

    A linear regression in closed form, to which a recurrent network adds: once at each step, and by
    a rate of growth, which is summed over all steps so far, as what grows in proportion to
    itself has a logarithm that is a sum. It sees no number of the series, so that all of them
    may be taken beside it. Both start at zero. Sums of rates run away where there was little to
    learn from: no level is above what the simulations reached, but for a factor of e.

    Args:
        rngs: One generator per member.
        told: Parameters as networks see them, which the first state is made of.
        known: Features of each step.
        size: Numbers X of a step.
        hidden: Features of the state.
        style: Of the network that tells the first state.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        told: int,
        known: int,
        size: int,
        hidden: int,
        style: Style,
    ):
        super().__init__()
        self.register_buffer("slope", torch.zeros(known, size))
        self.register_buffer("offset", torch.zeros(size))
        self.register_buffer("high", torch.full((size,), LARGEST))
        self.start = Linear(hidden_weights(rngs, told, style.hidden[0], style.start))
        self.first = MLP(rngs, 0, told, hidden, style)
        self.unit = Recurrent(rngs, "gru", known, hidden)
        self.level = Linear(torch.zeros(len(rngs), hidden + known, size))
        self.rate = Linear(torch.zeros(len(rngs), hidden, size))

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "R X"], known: Float[Tensor, "R F"]) -> None:
        """Fits the regression of each number's logarithm, where it is positive; and the bounds."""
        self.high.copy_(ceiling(x))
        for fit in of_logarithms(x, known):
            self.slope[:, fit.place], self.offset[fit.place] = fit.slope.to(self.slope), fit.offset

    def forward(
        self, told: Float[Tensor, "M B S"], known: Float[Tensor, "M B T F"]
    ) -> tuple[Float[Tensor, "M B T X"], Float[Tensor, "M B T H"]]:
        """The logarithms; and the states, which know more."""
        states = self.unit(known, self.first(told[..., :0], self.start(told)).tanh())
        shape = states.shape[1:3]
        level = self.level(torch.cat([states, known], -1).flatten(1, 2)).unflatten(1, shape)
        rate = self.rate(states.flatten(1, 2)).unflatten(1, shape)
        found = self.regressed(known) + level + RATE * rate.cumsum(2)
        return found.clamp(min=-LARGEST).minimum(self.high), states

    def regressed(self, known: Float[Tensor, "*B F"]) -> Float[Tensor, "*B X"]:
        """The logarithms by the regression alone."""
        return known @ self.slope + self.offset

    def hidden(self) -> list[nn.Parameter]:
        """Weights that decay."""
        return [self.start.weight, *self.first.hidden(), self.unit.into]

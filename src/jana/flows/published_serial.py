"""The paper's recurrent likelihood, whose series are scaled by moments that it is told.

It is not a density of the data given the parameters alone: the mean and the standard deviation of
the very series that it describes are part of its condition, and who draws from it brings them.

Reference: Radev et al. (2023), arXiv:2302.09125, section 4.4.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import pad

from ..networks.dropout import Masks
from ..networks.published_series import scaled
from ..networks.recurrent import Recurrent
from ..networks.standardize import Standardize
from .flow import Flow, Sample

Series = Float[Tensor, "M B T X"]
Context = Float[Tensor, "M B C"]


class PublishedSerial(nn.Module):
    """A gated recurrent unit, and a flow of each step given its state, parameters and moments.

    Densities are of the series in its own unit, given its moments.

    Args:
        rngs: One generator per member.
        size: Numbers X of a step.
        standardize: Of the parameters.
        hidden: Features of the state.
        step: Flow of a step; its context is the state, the parameters and the moments.
        length: Steps T of a series.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        size: int,
        standardize: Standardize,
        hidden: int,
        step: Flow,
        length: int,
    ):
        super().__init__()
        self.size, self.length, self.fixed = size, length, False
        self.standardize, self.step = standardize, step
        self.unit = Recurrent(rngs, "gru", 3 * size + standardize.size, hidden)
        self.masks = Masks(self)

    def set_from(self, x: Float[Tensor, "N T X"], context: Float[Tensor, "N C"]) -> None:
        """Sets the scale of the parameters from training data."""
        self.standardize.set_from(context)

    def log_prob(self, x: Series, context: Context) -> Float[Tensor, "M B"]:
        """log p(x | theta, moments of x)."""
        return self.log_prob_of_steps(x, context).sum(-1)

    def log_prob_of_steps(self, x: Series, context: Context) -> Float[Tensor, "M B T"]:
        """The terms of each step, given those before it."""
        told = scaled(x)
        given = torch.cat([self.standardize(context), told.moments], -1)
        again = given[:, :, None].expand(-1, -1, x.shape[2], -1)
        before = pad(told.x[:, :, :-1], (0, 0, 1, 0))
        states = self.unit(torch.cat([before, again], -1))
        condition = torch.cat([states, again], -1).flatten(1, 2)
        found = self.step.log_prob(told.x.flatten(1, 2), condition).unflatten(1, x.shape[1:3])
        return found - told.log_sd.sum(-1, keepdim=True)

    def sample_like(
        self, noise: Float[Tensor, "M B L N"], context: Context, x: Series
    ) -> Float[Tensor, "M B T X"]:
        """A series for each row, with the moments of a given one."""
        rows, told = noise.flatten(1, 2).unflatten(-1, (self.length, -1)), scaled(x)
        given = torch.cat([self.standardize(context), told.moments], -1)
        before, state = torch.zeros_like(told.mean), None
        made = []
        for index in range(self.length):
            read = torch.cat([before, given], -1)
            state = self.unit.step(
                read, read.new_zeros(*read.shape[:2], self.unit.hidden) if state is None else state
            )
            found: Sample = self.step.sample(
                rows[:, :, index : index + 1], torch.cat([state, given], -1)
            )
            before = found.draws[:, :, 0]
            made.append(before)
        return torch.stack(made, 2) * told.log_sd.exp()[:, :, None] + told.mean[:, :, None]

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L N"]:
        """Of each member's own generator."""
        return torch.stack(
            [self.step.base.sample(rng, rows, n, self.length * self.size) for rng in rngs]
        )

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """Nothing decays."""
        return {}

"""A likelihood of series: one density per step, given a recurrent network's state."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn
from torch.nn.functional import pad

from ..networks.dropout import Masks
from ..networks.levels import Levels
from ..networks.mlp import MLP, Linear, Style, hidden_weights
from ..networks.recurrent import Recurrent
from ..networks.standardize import Standardize
from .flow import Sample
from .hurdle import Hurdle

Series = Float[Tensor, "M B T X"]
Context = Float[Tensor, "M B C"]
PLACE = 50.0  # steps that a unit of the step's number is


class Serial(nn.Module):
    """p(x_1..T | theta), x_t given theta and all steps before it, of zeros and positive numbers.

    A gated recurrent unit reads each step: the one before it, theta, the place in the series and
    the known clock's hand. Its first state is told by theta. What the next step is given is the
    state, and all that the unit reads, so that the regressions the densities start from know it.

    Densities take all steps in one call; draws go step by step, all series side by side.

    Args:
        rngs: One generator per member.
        size: Numbers X of a step.
        standardize: Of the parameters.
        period: Steps after which the clock begins anew; 0 for none.
        hidden: Features of the state.
        step: The density of one step; of `hidden` learned features and `plain_features`.
        style: Of the network that tells the first state.
        length: Steps T of the series that are drawn.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        size: int,
        standardize: Standardize,
        period: int,
        hidden: int,
        step: Hurdle,
        style: Style,
        length: int,
    ):
        super().__init__()
        told = standardize.size
        self.size, self.period, self.length = size, period, length
        self.compiled, self.fixed, self.weight_decay = False, False, style.decay
        self.standardize, self.step = standardize, step
        self.start = Linear(hidden_weights(rngs, told, style.hidden[0], style.start))
        self.first = MLP(rngs, 0, told, hidden, style)
        self.unit = Recurrent(rngs, "gru", plain_features(size, told, period), hidden)
        self.masks = Masks(self)  # none

    @property
    def levels(self) -> Levels:
        """How a step is seen."""
        return self.step.levels

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "N T X"], context: Float[Tensor, "N C"]) -> None:
        """Sets scales, and the regressions that densities start from."""
        self.standardize.set_from(context)
        self.levels.set_from(x.flatten(0, 1))
        plain = self._plain(x[None], self.standardize(context)[None])
        self.step.set_from(x.flatten(0, 1), plain[0].flatten(0, 1))

    def log_prob(
        self, x: Series, context: Context, lengths: Int[Tensor, "M B"] | None = None
    ) -> Float[Tensor, "M B"]:
        """log p(x | theta).

        Args:
            x: The series.
            context: theta.
            lengths: How many steps of each count; None: all.
        """
        found = self.log_prob_of_steps(x, context)
        if lengths is None:
            return found.sum(-1)
        counted = torch.arange(x.shape[2], device=x.device) < lengths[..., None]
        return torch.where(counted, found, 0.0).sum(-1)

    def log_prob_of_steps(self, x: Series, context: Context) -> Float[Tensor, "M B T"]:
        """log p(x_t | x before t, theta)."""
        return self.log_probs(x, context).sum(-1)

    def log_probs(self, x: Series, context: Context) -> Series:
        """The terms of each number, given those before it."""
        told = self.standardize(context)
        plain = self._plain(x, told)
        states = self.unit(plain, self._first(told))
        features = torch.cat([states, plain], -1)
        return self.step.log_probs(x.flatten(1, 2), features.flatten(1, 2)).view_as(x)

    def sample(self, noise: Float[Tensor, "M B L N"], context: Context) -> Sample:
        """Series, flattened, one per row of `noise`; L of them for each row of the context."""
        rows = noise.flatten(1, 2).unflatten(-1, (self.length, -1))
        context = context.repeat_interleave(noise.shape[2], 1)
        told = self.standardize(context)
        state, before = self._first(told), None
        made, total = [], 0.0
        for index in range(self.length):
            plain = self._read(before, told, index)
            state = self.unit.step(plain, state)
            drawn = self.step.sample(rows[:, :, index], torch.cat([state, plain], -1))
            before, total = drawn.draws[:, :, 0], total + drawn.log_prob[..., 0]
            made.append(before)
        whole = torch.stack(made, 2).flatten(2)
        n = noise.shape[2]
        return Sample(whole.unflatten(1, (-1, n)), total.unflatten(1, (-1, n)))

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L N"]:
        """Of each member's own generator."""
        return torch.stack([self.step.noise(rng, rows, n, self.length).flatten(2) for rng in rngs])

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """How strongly each hidden weight decays; see `Flow.decay`."""
        hidden = [self.start.weight, *self.first.hidden(), self.unit.into, *self.step.hidden()]
        return dict.fromkeys(hidden, torch.tensor(self.weight_decay))

    def _first(self, told: Context) -> Float[Tensor, "M B H"]:
        """The state before the first step."""
        return self.first(told[..., :0], self.start(told)).tanh()

    def _plain(self, x: Series, told: Context) -> Float[Tensor, "M B T F"]:
        """What is read at all steps."""
        steps = x.shape[2]
        seen = pad(self.levels(x[:, :, :-1]), (0, 0, 1, 0))  # nothing before the first
        hands = self._hands(torch.arange(steps, device=x.device)).expand(*x.shape[:2], -1, -1)
        again = told[:, :, None].expand(-1, -1, steps, -1)
        return torch.cat([seen, hands.to(x), again], -1)

    def _read(self, before: Tensor | None, told: Context, index: int) -> Float[Tensor, "M B F"]:
        """What is read at one of them."""
        seen = (
            told.new_zeros(*told.shape[:2], 2 * self.size)
            if before is None
            else self.levels(before)
        )
        hands = self._hands(torch.tensor([index], device=told.device))
        return torch.cat([seen, hands.to(told).expand(*told.shape[:2], -1), told], -1)

    def _hands(self, step: Int[Tensor, " T"]) -> Float[Tensor, "T K"]:
        """Whether it is the first, the place in the series, and the clock's hand."""
        place = torch.stack([(step == 0).float(), step / PLACE], -1)
        if not self.period:
            return place
        hand = step[:, None] % self.period == torch.arange(self.period, device=step.device)
        return torch.cat([place, hand.float()], -1)


def plain_features(size: int, told: int, period: int) -> int:
    """How many numbers are read at a step: the one before, first and place, the clock, theta."""
    return 2 * size + 2 + period + told

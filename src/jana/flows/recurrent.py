"""A likelihood of series: one density per step, given the steps before and the parameters."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn
from torch.nn.functional import pad

from ..networks.calendar import Calendar
from ..networks.dropout import Masks
from ..networks.levels import DEVIATIONS, deviations
from ..networks.recurrent import Recurrent
from .course import Course
from .flow import Sample
from .hurdle import Hurdle

Series = Float[Tensor, "M B T X"]
Context = Float[Tensor, "M B C"]
LAGS = 8  # steps before, whose deviations each step is told of: a week and a day


class Serial(nn.Module):
    """p(x_1..T | theta), x_t given theta and all steps before it, of zeros and positive numbers.

    Two streams. One tells the course of the series by theta alone (see `Course`), and all numbers
    are taken beside it, as their ratios to it. The other, a gated recurrent unit, reads how far the
    steps before were off: by their noise, or because the course is. The density of a step is told
    the states of both, the last deviations as they are, and all that is known beforehand.

    Small errors of the course are thus small numbers that the second stream corrects, and not the
    last digits of large ones; and noise is seen by the size of what is left.

    Densities take all steps in one call; draws go step by step, all series side by side.

    Args:
        rngs: One generator per member.
        calendar: What is known of each step beforehand.
        course: Of the series.
        hidden: Features of the second stream's state.
        step: The density of a step; its features are `learned_features` and `plain_features`.
        decay: How strongly hidden weights decay.
        length: Steps T of the series that are drawn.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        calendar: Calendar,
        course: Course,
        hidden: int,
        step: Hurdle,
        decay: float,
        length: int,
    ):
        super().__init__()
        self.size, self.length = step.size, length
        self.fixed, self.weight_decay = False, decay
        self.calendar, self.course, self.step = calendar, course, step
        self.unit = Recurrent(rngs, "gru", calendar.size + DEVIATIONS * self.size, hidden)
        self.masks = Masks(self)  # none

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "N T X"], context: Float[Tensor, "N C"]) -> None:
        """Sets scales, and the regressions that the course and the densities start from."""
        self.calendar.set_from(context)
        known, rows = self.calendar(context[None], x.shape[1])[0].flatten(0, 1), x.flatten(0, 1)
        self.course.set_from(rows, known)
        course = self.course.regressed(known)
        self.step.set_from(_beside(rows, course), torch.cat([known, course], -1))

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
        known = self.calendar(context, x.shape[2])
        course, told = self.course(self.calendar.told(context), known)
        beside = _beside(x, course)
        seen = deviations(beside)
        before = pad(seen[:, :, :-1], (0, 0, 1, 0))  # nothing before the first
        states = self.unit(torch.cat([known, before], -1))
        logs = pad(seen[..., : self.size], (0, 0, LAGS, 0))
        lags = [logs[:, :, LAGS - k : LAGS - k + x.shape[2]] for k in range(1, LAGS + 1)]
        features = torch.cat([told, states, before, *lags[1:], known, course], -1)
        found = self.step.log_probs(beside.flatten(1, 2), features.flatten(1, 2)).view_as(x)
        return torch.where(x > 0, found - course, found)  # per unit of x, and not of its ratio

    def sample(self, noise: Float[Tensor, "M B L N"], context: Context) -> Sample:
        """Series, flattened, one per row of `noise`; L of them for each row of the context."""
        n, rows = noise.shape[2], noise.flatten(1, 2).unflatten(-1, (self.length, -1))
        known = self.calendar(context, self.length)
        parts = known, *self.course(self.calendar.told(context), known)
        known, course, told = (part.repeat_interleave(n, 1) for part in parts)
        state = known.new_zeros(*known.shape[:2], self.unit.hidden)
        before = known.new_zeros(*known.shape[:2], DEVIATIONS * self.size)
        lags = [before[..., : self.size]] * LAGS
        made, total = [], 0.0
        for step in range(self.length):
            state = self.unit.step(torch.cat([known[:, :, step], before], -1), state)
            beforehand = known[:, :, step], course[:, :, step]
            features = torch.cat([told[:, :, step], state, before, *lags[1:], *beforehand], -1)
            drawn = self.step.sample(rows[:, :, step], features)
            beside = drawn.draws[:, :, 0]
            scale = torch.where(beside > 0, course[:, :, step], 0.0)
            made.append(beside * scale.exp())
            total = total + drawn.log_prob[..., 0] - scale.sum(-1)
            before = deviations(beside)
            lags = [before[..., : self.size], *lags[:-1]]
        whole = torch.stack(made, 2).flatten(2)
        return Sample(whole.unflatten(1, (-1, n)), total.unflatten(1, (-1, n)))

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L N"]:
        """Of each member's own generator."""
        return torch.stack([self.step.noise(rng, rows, n, self.length).flatten(2) for rng in rngs])

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """How strongly each hidden weight decays; see `Flow.decay`."""
        hidden = [*self.course.hidden(), self.unit.into, *self.step.hidden()]
        return dict.fromkeys(hidden, torch.tensor(self.weight_decay))


def _beside(x: Float[Tensor, "*B X"], course: Float[Tensor, "*B X"]) -> Float[Tensor, "*B X"]:
    """The ratio of each number to its level; zeros stay."""
    return x * (-course).exp()


def learned_features(size: int, told: int, hidden: int) -> int:
    """How many numbers of a step are learned, or change as the course does.

    Args:
        size: Numbers X of a step.
        told: Features of the course's state.
        hidden: Features of the second stream's.
    """
    return told + hidden + (DEVIATIONS + LAGS - 1) * size


def plain_features(size: int, known: int) -> int:
    """How many are not: what is known beforehand, and the level that the regression gives."""
    return known + size

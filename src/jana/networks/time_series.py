"""Summaries of series of numbers that are zero or positive."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import conv1d, silu

from .dropout import Masks
from .levels import Levels
from .mlp import Linear, hidden_weights
from .recurrent import Recurrent

WINDOW = 7  # steps of each window where there is no clock
KERNEL = 5  # steps that a convolution sees
LEAST_BEND = 1e-3  # of a series' roughness: keeps its log finite
LEAST_SPREAD = 1e-2  # of a series' rhythm, in standard deviations of all: keeps its log finite

Series = Float[Tensor, "M B T X"]


class TimeSeries(nn.Module):
    """(M, B, T, X) to (M, B, C): a series' course and rhythm, then features that are learned.

    Handed on as they are: the log mean of each window of steps, the share of zeros, how far
    logarithms lie from their window's mean, how rough they are from step to step and, where there
    is a clock, how deviations go with its cosine and sine. The flow starts from a regression on
    these. What is learned comes from two convolutions and a gated recurrent unit, from its last
    state and its mean; it starts at zero.

    Args:
        rngs: One generator per member.
        length: Steps T of a series.
        size: Numbers X of a step.
        period: Steps after which the clock begins anew; 0 for none.
        hidden: Features of the convolutions and of the recurrent unit.
        features: Number of learned features.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        length: int,
        size: int,
        period: int,
        hidden: int,
        features: int,
    ):
        super().__init__()
        self.length, self.window = length, period or WINDOW
        self.windows = math.ceil(length / self.window)
        self.levels = Levels(size)
        self.register_buffer("least", torch.ones(size))
        self.hands = 2 if period else 0
        self.moments = size * (self.windows + 4 + self.hands)
        self.size = self.moments + features
        self.learned = slice(self.moments, self.size)
        channels = [2 * size, hidden, hidden]
        self.convolutions = nn.ModuleList(_Convolution(rngs, a, b) for a, b in pairwise(channels))
        self.unit = Recurrent(rngs, "gru", hidden, hidden)
        self.last = Linear(torch.zeros(len(rngs), 2 * hidden, features))
        self.middle = Linear(hidden_weights(rngs, 2 * hidden, 2 * hidden, "kaiming"))
        self.masks = Masks(self)  # none, as other summaries have some

    def set_from(self, x: Float[Tensor, "N T X"]) -> None:
        """Sets the scale of the numbers from training data."""
        self.levels.set_from(x.flatten(0, 1))
        # What a window's mean is not told apart below.
        self.least.copy_((self.levels.mean - 2 * self.levels.sd).exp())

    def forward(self, x: Series) -> Float[Tensor, "M B C"]:
        """One row of features per series.

        Raises:
            ValueError: If they have not as many steps as the network was made for.
        """
        if x.shape[2] != self.length:
            raise ValueError(
                f"this summary is of series of {self.length} steps, but these have {x.shape[2]}: "
                "train networks for that length"
            )
        seen = self.levels(x)
        h = seen.mT  # features before steps, as convolutions have it
        for convolution in self.convolutions:
            h = silu(convolution(h))
        states = self.unit(h.mT)
        pooled = torch.cat([states[:, :, -1], states.mean(2)], -1)
        learned = self.last(silu(self.middle(pooled)))
        return torch.cat([self._moments(x, seen), learned], -1)

    def _moments(self, x: Series, seen: Tensor) -> Float[Tensor, "M B K"]:
        size, steps = x.shape[3], x.shape[2]
        which = torch.arange(steps, device=x.device) // self.window
        windows = torch.arange(self.windows, device=x.device)[:, None] == which
        share = windows.to(x) / windows.sum(1, keepdim=True)
        course = (share @ x + self.least).log()
        log, positive = seen[..., :size], 1 - seen[..., size:]
        counted = windows.to(x) @ positive
        middle = (windows.to(x) @ log) / counted.clamp(min=1)
        off = (log - middle[:, :, which]) * positive
        number = positive.sum(2).clamp(min=1)
        spread = (off.square().sum(2) / number).add(LEAST_SPREAD**2).sqrt().log()
        found = [course.flatten(2), 1 - positive.mean(2), spread, *self._roughness(x)]
        if self.hands:
            angle = 2 * math.pi / self.window * torch.arange(steps, device=x.device)
            hands = torch.stack([angle.cos(), angle.sin()])[:, :, None]
            rhythm = (off[:, :, None] * hands).sum(3) / number[:, :, None]
            found.append((rhythm / spread.exp()[:, :, None]).flatten(2))
        return torch.cat(found, -1)

    def _roughness(self, x: Series) -> tuple[Float[Tensor, "M B X"], Float[Tensor, "M B X"]]:
        """Log medians of how much logarithms bend at a step, less than a window before.

        So neither growth nor the clock shows, but what a step has of its own. Then times the
        root of the number, by which noise of counts is constant.
        """
        if x.shape[2] < self.window + 3:
            return (x.new_zeros(*x.shape[:2], x.shape[3]),) * 2
        log, known = torch.where(x > 0, x, 1.0).log(), x > 0
        bend = log[:, :, 1:-1] - (log[:, :, :-2] + log[:, :, 2:]) / 2
        known = known[:, :, 1:-1] & known[:, :, :-2] & known[:, :, 2:]
        own = (bend[:, :, self.window :] - bend[:, :, : -self.window]).abs()
        known = known[:, :, self.window :] & known[:, :, : -self.window]
        scaled = own * x[:, :, self.window + 1 : -1].sqrt()
        return tuple(
            (torch.where(known, part, math.nan).nanmedian(2).values.nan_to_num(0.0) + LEAST_BEND)
            .log()
            .detach()
            for part in (own, scaled)
        )


class _Convolution(nn.Module):
    """Each member's own convolution over steps, as long as the series."""

    def __init__(self, rngs: Sequence[Generator], inputs: int, outputs: int):
        super().__init__()
        weight = hidden_weights(rngs, inputs * KERNEL, outputs, "kaiming")
        self.weight = nn.Parameter(weight.mT.unflatten(-1, (inputs, KERNEL)).clone())
        self.bias = nn.Parameter(torch.zeros(len(rngs), outputs))

    def forward(self, x: Float[Tensor, "M B I T"]) -> Float[Tensor, "M B O T"]:
        members, rows = x.shape[:2]
        grouped = x.movedim(0, 1).flatten(1, 2)
        weight, bias = self.weight.flatten(0, 1), self.bias.flatten()
        found = conv1d(grouped, weight, bias, padding=KERNEL // 2, groups=members)
        return found.view(rows, members, -1, x.shape[3]).movedim(1, 0)

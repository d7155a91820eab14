"""What is known of each step of a series beforehand: the parameters, its place and the clock."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .places import at
from .standardize import Standardize

PLACE = 50.0  # steps that a unit of the step's number is
EDGE = 1.5  # steps over which a beginning or an end is seen
FAR = 20.0  # steps, beyond which all is as far
LEAST = 0.5  # of a rounded number, whose logarithm is seen


class Calendar(nn.Module):
    """(M, B, C) to (M, B, T, F): what networks are told of each step, whatever was seen so far.

    The standardized parameters, those that act by their rounded values rounded; whether the step is
    the first, and its place; where there is a clock its hand, and the clock as turned by each
    parameter that is an angle; and of each span of steps whether it has begun and ended, how long
    ago, and what share of it is over.

    Args:
        standardize: Of the parameters, rounded.
        period: Steps after which the clock begins anew; 0 for none.
        whole: Places of the parameters that act by their rounded values alone.
        spans: Places of the parameters that are a beginning and a length of something, in steps.
    """

    def __init__(
        self,
        standardize: Standardize,
        period: int = 0,
        whole: Sequence[int] = (),
        spans: Sequence[tuple[int, int]] = (),
    ):
        super().__init__()
        self.standardize, self.period = standardize, period
        self.spans = [list(pair) for pair in zip(*spans, strict=True)]
        logs = set(standardize.above)  # places whose logarithms are seen
        parts = {
            LEAST: [p for p in whole if p in logs],
            -math.inf: [p for p in whole if p not in logs],
        }
        self.rounded = {least: places for least, places in parts.items() if places}
        turned = len(standardize.circular) if period else 0
        self.size = standardize.size + 2 + period + 2 * turned + 4 * len(spans)

    @torch.no_grad()
    def set_from(self, theta: Float[Tensor, "N C"]) -> None:
        """Sets the scale of the parameters from training data."""
        self.standardize.set_from(self._rounded(theta))

    def told(self, theta: Float[Tensor, "M B C"]) -> Float[Tensor, "M B S"]:
        """The parameters as networks see them."""
        return self.standardize(self._rounded(theta))

    def forward(self, theta: Float[Tensor, "M B C"], steps: int) -> Float[Tensor, "M B T F"]:
        """What is told of the first `steps` steps."""
        step = torch.arange(steps, device=theta.device)
        place = torch.stack([(step == 0).to(theta), step / PLACE], -1)
        same = [place.to(theta)]
        if self.period:
            hand = step[:, None] % self.period == torch.arange(self.period, device=step.device)
            same.append(hand.to(theta))
        every = torch.cat(same, -1).expand(*theta.shape[:2], -1, -1)
        own = self.told(theta)[:, :, None].expand(-1, -1, steps, -1)
        found = [own, every, *self._turned(theta, step), *self._spanned(theta, step)]
        return torch.cat(found, -1)

    def _rounded(self, theta: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        found = theta.clone() if self.rounded else theta
        for least, places in self.rounded.items():
            where = at(places, theta.device)
            found[..., where] = theta[..., where].round().clamp(min=least)
        return found

    def _turned(self, theta: Tensor, step: Tensor) -> list[Tensor]:
        """The clock's hand as seen from each angle."""
        circular = self.standardize.circular
        if not (self.period and circular):
            return []
        phases = theta[..., at(circular, theta.device)]
        angle = 2 * math.pi / self.period * step[:, None] - phases[:, :, None]
        return [angle.cos(), angle.sin()]

    def _spanned(self, theta: Tensor, step: Tensor) -> list[Tensor]:
        """Where each step lies in each span, or beside it."""
        if not self.spans:
            return []
        starts, lengths = (
            self._rounded(theta)[..., at(places, theta.device)][:, :, None] for places in self.spans
        )
        since = step[:, None] - starts
        share = (since / lengths.clamp(min=LEAST)).clamp(0, 1)
        edges = [(since / EDGE).tanh(), ((since - lengths) / EDGE).tanh()]
        return [*edges, (since / FAR).clamp(-1, 1), share]

"""Shift and scale, set once from training data."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .places import at


class Standardize(nn.Module):
    """Carries each feature to mean 0 and standard deviation 1 on the data it was set from.

    A feature with one bound is taken by the logarithm of its distance from it: a positive
    parameter is a scale, or a rate, more often than not. An angle is taken by its cosine, and by
    its sine, which comes behind all features.

    Args:
        low: Least value of each feature, -inf where there is none.
        high: Bound above each feature, inf where there is none.
        circular: Places of the features that are angles, in radians.
    """

    def __init__(
        self, low: Float[Tensor, " C"], high: Float[Tensor, " C"], circular: Sequence[int] = ()
    ):
        super().__init__()
        self.circular, self.size = list(circular), len(low) + len(circular)
        self.above = (low.isfinite() & high.isinf()).nonzero().flatten().tolist()
        self.below = (high.isfinite() & low.isinf()).nonzero().flatten().tolist()
        self.register_buffer("low", low)
        self.register_buffer("high", high)
        self.register_buffer("mean", low.new_zeros(self.size))
        self.register_buffer("sd", low.new_ones(self.size))

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "N C"]) -> None:
        """Takes mean and standard deviation from the rows of x; a constant feature keeps sd 1."""
        if not x.shape[1]:
            return
        x = self._opened(x)
        self.mean.copy_(x.mean(0))
        sd = x.std(0)
        rounding = 1e-6 * x.abs().amax(0)
        self.sd.copy_(torch.where(sd > rounding, sd, 1.0))

    def forward(self, x: Float[Tensor, "*B C"]) -> Float[Tensor, "*B F"]:
        """(x - mean) / sd."""
        return (self._opened(x) - self.mean) / self.sd

    def _opened(self, x: Float[Tensor, "*B C"]) -> Float[Tensor, "*B F"]:
        for where, sign, bound in ((self.above, 1.0, self.low), (self.below, -1.0, self.high)):
            if where:
                places = at(where, x.device)
                x, distance = x.clone(), sign * (x[..., places] - bound[places])
                x[..., places] = sign * distance.clamp(min=torch.finfo(x.dtype).tiny).log()
        if self.circular:
            places = at(self.circular, x.device)
            angle, x = x[..., places], x.clone()
            x[..., places] = angle.cos()
            x = torch.cat([x, angle.sin()], -1)
        return x

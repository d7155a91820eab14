"""Shift and scale, set once from training data."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Standardize(nn.Module):
    """Carries each feature to mean 0 and standard deviation 1 on the data it was set from.

    A feature with one bound is taken by the logarithm of its distance from it: a positive
    parameter is a scale, or a rate, more often than not.

    Args:
        low: Least value of each feature, -inf where there is none.
        high: Bound above each feature, inf where there is none.
    """

    def __init__(self, low: Float[Tensor, " C"], high: Float[Tensor, " C"]):
        super().__init__()
        self.above = (low.isfinite() & high.isinf()).nonzero().flatten().tolist()
        self.below = (high.isfinite() & low.isinf()).nonzero().flatten().tolist()
        self.register_buffer("low", low)
        self.register_buffer("high", high)
        self.register_buffer("mean", torch.zeros_like(low))
        self.register_buffer("sd", torch.ones_like(low))

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

    def forward(self, x: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        """(x - mean) / sd."""
        return (self._opened(x) - self.mean) / self.sd

    def _opened(self, x: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        for where, sign, bound in ((self.above, 1.0, self.low), (self.below, -1.0, self.high)):
            if where:
                x, distance = x.clone(), sign * (x[..., where] - bound[where])
                x[..., where] = sign * distance.clamp(min=torch.finfo(x.dtype).tiny).log()
        return x

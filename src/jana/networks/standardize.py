"""Shift and scale, set once from training data."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Standardize(nn.Module):
    """Carries each feature to mean 0 and standard deviation 1 on the data it was set from."""

    def __init__(self, dim: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("sd", torch.ones(dim))

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "N D"]) -> None:
        """Takes mean and standard deviation from the rows of x; a constant feature keeps sd 1."""
        self.mean.copy_(x.mean(0))
        sd = x.std(0)
        rounding = 1e-6 * x.abs().amax(0)
        self.sd.copy_(torch.where(sd > rounding, sd, 1.0))

    def forward(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """(x - mean) / sd."""
        return (x - self.mean) / self.sd

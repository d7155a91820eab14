"""Base distributions: nothing learned, drawn from explicit generators."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor


@dataclass(frozen=True)
class Normal:
    """Independent standard normals."""

    def log_prob(self, z: Float[Tensor, "M B D"]) -> Float[Tensor, "M B"]:
        """Log density, all constants kept."""
        return -0.5 * (z.square().sum(-1) + z.shape[-1] * math.log(2 * math.pi))

    def sample(self, rng: Generator, *shape: int) -> Tensor:
        """Draws of the given shape, coordinates last."""
        return torch.randn(*shape, generator=rng)

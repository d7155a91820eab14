"""Base distributions: nothing learned, drawn from explicit generators."""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Generator, Tensor


@runtime_checkable
class Base(Protocol):
    """What a flow may carry data to."""

    def log_prob(self, z: Float[Tensor, "M B D"]) -> Float[Tensor, "M B"]:
        """Log density, all constants kept."""
        ...

    def sample(self, rng: Generator, *shape: int) -> Tensor:
        """Draws of the given shape, coordinates last."""
        ...


@dataclass(frozen=True)
class Normal:
    """Independent standard normals."""

    def log_prob(self, z: Float[Tensor, "M B D"]) -> Float[Tensor, "M B"]:
        """Log density, all constants kept."""
        return -0.5 * (z.square().sum(-1) + z.shape[-1] * math.log(2 * math.pi))

    def sample(self, rng: Generator, *shape: int) -> Tensor:
        """Draws of the given shape, coordinates last."""
        return torch.randn(*shape, generator=rng)


@dataclass(frozen=True)
class StudentT:
    """The multivariate Student-t with identity scale: one chi-square for all coordinates.

    Attributes:
        df: Degrees of freedom, a whole number.
    """

    df: int

    def __post_init__(self) -> None:
        if self.df < 1:
            raise ValueError(f"a Student-t needs 1 degree of freedom or more, not {self.df}")

    def log_prob(self, z: Float[Tensor, "M B D"]) -> Float[Tensor, "M B"]:
        """Log density, all constants kept."""
        dim, df = z.shape[-1], self.df
        constant = math.lgamma((df + dim) / 2) - math.lgamma(df / 2)
        constant -= 0.5 * dim * math.log(df * math.pi)
        return constant - 0.5 * (df + dim) * torch.log1p(z.square().sum(-1) / df)

    def sample(self, rng: Generator, *shape: int) -> Tensor:
        """Draws of the given shape, coordinates last."""
        normal = torch.randn(*shape, generator=rng)
        chi_square = torch.zeros(*shape[:-1], 1)
        for _ in range(self.df):  # one after another, to bound memory
            chi_square += torch.randn(*shape[:-1], 1, generator=rng).square_()
        return normal * (self.df / chi_square).sqrt_()

"""Gaussian means: what the tasks share whose data are their parameters plus Gaussian noise."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .base import Exact, Prior
from .normal import log_mass, log_normal, log_truncated, sample_truncated
from .priors import box, gaussian

DIM = 10
LOW, HIGH = -1.0, 1.0  # of the uniform prior


@dataclass(frozen=True)
class Means:
    """x | theta ~ N(theta, sd^2 I) in 10 dimensions.

    Attributes:
        sd: Standard deviation of the noise, and of the Gaussian prior.
    """

    sd: float

    def simulate(self, rng: Generator, theta: Float[Tensor, "B D"]) -> Float[Tensor, "B D"]:
        """One noisy observation of each mean."""
        return theta + self.sd * torch.randn(theta.shape, generator=rng)

    def log_likelihood(
        self, theta: Float[Tensor, "*#B D"], x: Float[Tensor, "*#B D"]
    ) -> Float[Tensor, "*B"]:
        """log p(x | theta)."""
        return log_normal(x, theta, self.sd)

    @property
    def gaussian_prior(self) -> Prior:
        """N(0, sd^2 I)."""
        return gaussian(mean=[0.0] * DIM, sd=[self.sd] * DIM)

    @property
    def under_gaussian(self) -> Exact:
        """theta | x ~ N(x / 2, sd^2 / 2 I) and x ~ N(0, 2 sd^2 I)."""
        posterior_sd, marginal_sd = self.sd / math.sqrt(2), self.sd * math.sqrt(2)

        def sample(rng: Generator, x: Float[Tensor, "B D"], n: int) -> Float[Tensor, "B L D"]:
            return x[:, None] / 2 + posterior_sd * torch.randn(len(x), n, DIM, generator=rng)

        return Exact(
            sample,
            log_posterior=lambda theta, x: log_normal(theta, x / 2, posterior_sd),
            log_marginal=lambda x: log_normal(x, 0.0, marginal_sd),
        )

    @property
    def uniform_prior(self) -> Prior:
        """U(-1, 1) in each dimension."""
        return box(low=[LOW] * DIM, high=[HIGH] * DIM)

    @property
    def under_uniform(self) -> Exact:
        """theta | x is N(x, sd^2 I) cut off at the box; p(x) is its mass there over the volume."""
        log_volume = DIM * math.log(HIGH - LOW)
        return Exact(
            sample=lambda rng, x, n: sample_truncated(rng, x, self.sd, LOW, HIGH, n),
            log_posterior=lambda theta, x: log_truncated(theta, x, self.sd, LOW, HIGH),
            log_marginal=lambda x: log_mass(x, self.sd, LOW, HIGH) - log_volume,
        )

"""Gaussian mean with a Gaussian prior: every answer is known in closed form.

theta ~ N(0, S^2 I) and x | theta ~ N(theta, S^2 I) in 10 dimensions, so that
theta | x ~ N(x / 2, S^2 / 2 I) and x ~ N(0, 2 S^2 I).

Reference: task T.1 of Lueckmann et al. (2021), arXiv:2101.04653, in the variant of Radev et
al. (2023), arXiv:2302.09125, where S = 0.1 is a standard deviation (there 0.1 is a variance).
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .base import Exact, Simulator
from .normal import log_normal
from .priors import gaussian

DIM, SD = 10, 0.1  # the standard deviation of the prior and of the noise alike
POSTERIOR_SD, MARGINAL_SD = SD / math.sqrt(2), SD * math.sqrt(2)


def simulate(rng: Generator, theta: Float[Tensor, "B D"]) -> Float[Tensor, "B D"]:
    """One noisy observation of each mean."""
    return theta + SD * torch.randn(theta.shape, generator=rng)


def sample_posterior(rng: Generator, x: Float[Tensor, "B D"], n: int) -> Float[Tensor, "B L D"]:
    """Draws of N(x / 2, S^2 / 2 I)."""
    return x[:, None] / 2 + POSTERIOR_SD * torch.randn(len(x), n, DIM, generator=rng)


simulator = Simulator(
    prior=gaussian(mean=[0.0] * DIM, sd=[SD] * DIM),
    simulate=simulate,
    theta_names=tuple(f"theta_{d + 1}" for d in range(DIM)),
    x_axes=("coordinate",),
    log_likelihood=lambda theta, x: log_normal(x, theta, SD),
    exact=Exact(
        sample=sample_posterior,
        log_posterior=lambda theta, x: log_normal(theta, x / 2, POSTERIOR_SD),
        log_marginal=lambda x: log_normal(x, 0.0, MARGINAL_SD),
    ),
)

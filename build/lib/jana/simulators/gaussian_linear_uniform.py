"""Gaussian mean with a uniform prior: a posterior with edges, known in closed form.

theta ~ U(-1, 1) in each of 10 dimensions and x | theta ~ N(theta, S^2 I), so that theta | x is
N(x, S^2 I) cut off at the prior's box, and p(x) is the mass within the box over its volume.

Reference: task T.2 of Lueckmann et al. (2021), arXiv:2101.04653, in the variant of Radev et
al. (2023), arXiv:2302.09125, where S = 0.1 is a standard deviation (there 0.1 is a variance).
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .base import Exact, Simulator
from .normal import log_mass, log_normal, log_truncated, sample_truncated
from .priors import box

DIM, SD = 10, 0.1
LOW, HIGH = -1.0, 1.0
LOG_VOLUME = DIM * math.log(HIGH - LOW)


def simulate(rng: Generator, theta: Float[Tensor, "B D"]) -> Float[Tensor, "B D"]:
    """One noisy observation of each mean."""
    return theta + SD * torch.randn(theta.shape, generator=rng)


simulator = Simulator(
    prior=box(low=[LOW] * DIM, high=[HIGH] * DIM),
    simulate=simulate,
    theta_names=tuple(f"theta_{d + 1}" for d in range(DIM)),
    x_axes=("coordinate",),
    log_likelihood=lambda theta, x: log_normal(x, theta, SD),
    exact=Exact(
        sample=lambda rng, x, n: sample_truncated(rng, x, SD, LOW, HIGH, n),
        log_posterior=lambda theta, x: log_truncated(theta, x, SD, LOW, HIGH),
        log_marginal=lambda x: log_mass(x, SD, LOW, HIGH) - LOG_VOLUME,
    ),
)

"""Gaussian mixture: two normals of one mean and different widths.

theta ~ U(-10, 10)^2; x | theta is N(theta, I) or N(theta, 0.1^2 I), with equal chances. A normal
density is the same when x and theta are exchanged, so theta | x is a mixture too: of two normals
about x, cut off at the prior's box, whose weights are as their masses within it.

Reference: task T.7 of Lueckmann et al. (2021), arXiv:2101.04653, after Sisson et al. (2007),
doi:10.1073/pnas.0607208104. The 0.1 is a standard deviation, as in sbibm 1.1.0, which mended
the simulator (its issue 45).
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from . import sbibm
from .base import Exact, Simulator
from .normal import log_mass, log_normal, sample_truncated
from .priors import box

DIM, WIDE, NARROW = 2, 1.0, 0.1  # standard deviations
LOW, HIGH = -10.0, 10.0
LOG_VOLUME = DIM * math.log(HIGH - LOW)
prior = box(low=[LOW] * DIM, high=[HIGH] * DIM)


def simulate(rng: Generator, theta: Float[Tensor, "B 2"]) -> Float[Tensor, "B 2"]:
    """The mean, with noise of a width that is chosen once per row."""
    wide = torch.rand(len(theta), 1, generator=rng) < 0.5
    noise = torch.randn(theta.shape, generator=rng)
    return theta + torch.where(wide, WIDE, NARROW) * noise


def log_likelihood(theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B 2"]) -> Float[Tensor, "*B"]:
    """log p(x | theta): that of either width, averaged."""
    return _mean(log_normal(x, theta, WIDE), log_normal(x, theta, NARROW))


def sample_posterior(rng: Generator, x: Float[Tensor, "B 2"], n: int) -> Float[Tensor, "B L 2"]:
    """Draws of either cut-off normal, as often as its mass within the box tells."""
    wide, narrow = (sample_truncated(rng, x, sd, LOW, HIGH, n) for sd in (WIDE, NARROW))
    weight = torch.sigmoid(log_mass(x, WIDE, LOW, HIGH) - log_mass(x, NARROW, LOW, HIGH))
    chosen = torch.rand(len(x), n, generator=rng) < weight[:, None]
    return torch.where(chosen[..., None], wide, narrow)


def log_posterior(theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B 2"]) -> Float[Tensor, "*B"]:
    """log p(theta | x), by Bayes' rule."""
    return prior.log_prob(theta) + log_likelihood(theta, x) - log_marginal(x)


def log_marginal(x: Float[Tensor, "*B 2"]) -> Float[Tensor, "*B"]:
    """log p(x): the mass within the box of either width, averaged, over its volume."""
    return _mean(log_mass(x, WIDE, LOW, HIGH), log_mass(x, NARROW, LOW, HIGH)) - LOG_VOLUME


def _mean(wide: Float[Tensor, "*B"], narrow: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
    """The log of the mean of two densities, given as logs."""
    return torch.logaddexp(wide, narrow) - math.log(2)


simulator = Simulator(
    prior=prior,
    simulate=simulate,
    theta_names=("theta_1", "theta_2"),
    x_axes=("coordinate",),
    log_likelihood=log_likelihood,
    exact=Exact(sample=sample_posterior, log_posterior=log_posterior, log_marginal=log_marginal),
    reference=sbibm.reference("gaussian_mixture"),
)

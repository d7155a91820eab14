"""Gaussian with unknown mean and variance: exchangeable trials, every answer in closed form.

variance ~ InvGamma(5, 4) (shape, scale; its mean is 1), mean | variance ~ N(0, variance / 0.25),
and a data set is 20 independent draws of N(mean, variance). The posterior is a normal-inverse-
gamma distribution too, and p(x) a multivariate Student-t density, for any number of trials.

Reference: Murphy (2007), "Conjugate Bayesian analysis of the Gaussian distribution", section 6;
Gelman et al. (2013), "Bayesian Data Analysis", 3rd edition, section 3.3.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .base import Exact, Prior, Simulator
from .normal import HALF_LOG_2PI

TRIALS = 20


class NormalInverseGamma(NamedTuple):
    """variance ~ InvGamma(dof / 2, scale), mean | variance ~ N(location, variance / weight).

    Attributes:
        location: Mean of the mean.
        weight: How many trials the location counts as.
        dof: Degrees of freedom, an integer, so that draws are sums of squares.
        scale: Scale of the inverse gamma, not of the inverse chi-square.
    """

    location: Float[Tensor, "*B"] | float
    weight: float
    dof: int
    scale: Float[Tensor, "*B"] | float


PRIOR = NormalInverseGamma(location=0.0, weight=0.25, dof=10, scale=4.0)


def log_density(law: NormalInverseGamma, theta: Float[Tensor, "*#B 2"]) -> Float[Tensor, "*B"]:
    """log p(mean, variance), -inf where the variance is not positive."""
    mean, variance = theta[..., 0], _positive(theta[..., 1])
    half, scale = law.dof / 2, torch.as_tensor(law.scale).to(theta)
    square = law.weight * (mean - law.location).square() / 2
    log_variance = half * scale.log() - math.lgamma(half) - (half + 1) * variance.log()
    log_mean = 0.5 * (math.log(law.weight) - variance.log()) - HALF_LOG_2PI
    return _masked(log_variance + log_mean - (scale + square) / variance, theta)


def sample(
    rng: Generator, law: NormalInverseGamma, rows: int, n: int, dtype: torch.dtype
) -> Float[Tensor, "B L 2"]:
    """`n` draws of (mean, variance) for each row of the law's parameters, which are (B, 1)."""
    chi_square = torch.zeros(rows, n, dtype=dtype)
    for _ in range(law.dof):
        chi_square += torch.randn(rows, n, generator=rng, dtype=dtype).square()
    variance = 2 * law.scale / chi_square
    noise = torch.randn(rows, n, generator=rng, dtype=dtype)
    return torch.stack([law.location + (variance / law.weight).sqrt() * noise, variance], dim=-1)


def posterior(x: Float[Tensor, "*B T 1"]) -> NormalInverseGamma:
    """The distribution of (mean, variance) given the trials."""
    trials, average, spread = _statistics(x)
    weight = PRIOR.weight + trials
    location = (PRIOR.weight * PRIOR.location + trials * average) / weight
    apart = PRIOR.weight * trials / weight * (average - PRIOR.location).square()
    return NormalInverseGamma(
        location, weight, PRIOR.dof + trials, PRIOR.scale + (spread + apart) / 2
    )


def simulate(rng: Generator, theta: Float[Tensor, "B 2"]) -> Float[Tensor, "B T 1"]:
    """Independent trials of each Gaussian."""
    mean, variance = theta[:, None].unbind(-1)
    noise = torch.randn(len(theta), TRIALS, generator=rng)
    return (mean + variance.sqrt() * noise)[..., None]


def log_likelihood(
    theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B T 1"]
) -> Float[Tensor, "*B"]:
    """log p(x | theta), summed over trials; -inf where the variance is not positive."""
    mean, variance = theta[..., 0], _positive(theta[..., 1])
    trials, average, spread = _statistics(x)
    squares = spread + trials * (average - mean).square()
    log_scale = trials * (0.5 * variance.log() + HALF_LOG_2PI)
    return _masked(-0.5 * squares / variance - log_scale, theta)


def sample_posterior(rng: Generator, x: Float[Tensor, "B T 1"], n: int) -> Float[Tensor, "B L 2"]:
    """Draws of the normal-inverse-gamma posterior."""
    return sample(rng, posterior(x[:, None]), len(x), n, x.dtype)


def log_posterior(
    theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B T 1"]
) -> Float[Tensor, "*B"]:
    """log p(theta | x)."""
    return log_density(posterior(x), theta)


def log_marginal(x: Float[Tensor, "*B T 1"]) -> Float[Tensor, "*B"]:
    """log p(x), for any number of trials."""
    law, trials = posterior(x), x.shape[-2]
    before, after = PRIOR.dof / 2, law.dof / 2
    constant = math.lgamma(after) - math.lgamma(before) + before * math.log(PRIOR.scale)
    constant += 0.5 * math.log(PRIOR.weight / law.weight) - trials * HALF_LOG_2PI
    return constant - after * law.scale.log()


def _statistics(
    x: Float[Tensor, "*B T 1"],
) -> tuple[int, Float[Tensor, "*B"], Float[Tensor, "*B"]]:
    """Number of trials, their average, and the sum of squares about it."""
    average = x.mean(-2, keepdim=True)
    return x.shape[-2], average[..., 0, 0], (x - average).square().sum((-2, -1))


def _positive(variance: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
    """The variance; 1 where it is not positive and `_masked` throws the result away."""
    return torch.where(variance > 0, variance, 1.0)


def _masked(value: Float[Tensor, "*B"], theta: Float[Tensor, "*#B 2"]) -> Float[Tensor, "*B"]:
    return torch.where(theta[..., 1] > 0, value, -math.inf)


simulator = Simulator(
    prior=Prior(
        sample=lambda rng, n: sample(rng, PRIOR, 1, n, torch.float32)[0],
        log_prob=lambda theta: log_density(PRIOR, theta),
        low=torch.tensor([-math.inf, 0.0]),
        high=torch.tensor([math.inf, math.inf]),
    ),
    simulate=simulate,
    theta_names=("mean", "variance"),
    x_axes=("trial", "coordinate"),
    log_likelihood=log_likelihood,
    exact=Exact(sample_posterior, log_posterior, log_marginal),
)

"""SIR: shares of infected people among 1,000 tested, at ten times, with a little noise.

Reference: benchmark 9 of Radev et al. (2023), arXiv:2302.09125: every 16th of 160 points from 0 to
160 days; networks are given the shares with noise of standard deviation 0.001, as densities need
continuous data. The noise is part of the task here, so that its likelihood is exact: the binomial
distribution, convolved with the noise. In training it is drawn anew in every epoch.
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .base import Simulator
from .normal import HALF_LOG_2PI
from .outbreaks import NAMES, TESTED, Outbreaks, log_binomial, prior

NOISE = 0.001
REACH = 16  # standard deviations of the noise within which counts may have given a share
outbreaks = Outbreaks(times=tuple(16 * t * 160 / 159 for t in range(10)))


def clean(rng: Generator, theta: Float[Tensor, "B 2"]) -> Float[Tensor, "B T"]:
    """Shares as they were counted."""
    return outbreaks.simulate(rng, theta) / TESTED


def simulate(rng: Generator, theta: Float[Tensor, "B 2"]) -> Float[Tensor, "B T"]:
    """Shares with noise."""
    return simulator.noisy(rng, clean(rng, theta))


def log_likelihood(theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B T"]) -> Float[Tensor, "*B"]:
    """log p(x | theta): the sum over all counts within reach of each share.

    Exact to rounding where parameters fit at all. Where they are hundreds of nats worse, counts
    still farther away would tell: what is left out then makes a hopeless density more hopeless.
    """
    reach = math.ceil(REACH * NOISE * TESTED)
    near = torch.arange(-reach, reach + 1, dtype=torch.float64)
    shares = x.double()[..., None]
    counts = (shares * TESTED).round() + near
    z = (shares - counts / TESTED) / NOISE
    log_noise = -0.5 * z.square() - math.log(NOISE) - HALF_LOG_2PI
    log_count = log_binomial(outbreaks.log_odds(theta)[..., None], counts)
    return torch.logsumexp(log_count + log_noise, -1).sum(-1).to(x)


simulator = Simulator(
    prior=prior,
    simulate=simulate,
    theta_names=NAMES,
    x_axes=("time",),
    log_likelihood=log_likelihood,
    x_noise=NOISE,
    clean=clean,
)

"""SLCP: a simple likelihood, four points of a normal in the plane, and a complex posterior.

theta ~ U(-3, 3)^5. The points have the mean (theta_1, theta_2), the standard deviations theta_3^2
and theta_4^2 and the correlation tanh theta_5: signs of theta_3 and theta_4 leave no trace, so
that the posterior has four modes alike.

Reference: Papamakarios et al. (2019), arXiv:1805.07226; task T.3 of Lueckmann et al. (2021),
arXiv:2101.04653, whose data this equals but for 1e-6 that sbibm adds to both variances.
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from . import sbibm
from .base import Simulator
from .priors import box

POINTS, BOUND = 4, 3.0
LEAST_SD = 1e-30  # where theta_3 or theta_4 is 0: keeps densities and their logs finite
prior = box(low=[-BOUND] * 5, high=[BOUND] * 5)


def simulate(rng: Generator, theta: Float[Tensor, "B 5"]) -> Float[Tensor, "B T 2"]:
    """Four points each."""
    mean, sd, tilt = theta[:, None, :2], theta[:, None, 2:4].square(), theta[:, None, 4]
    first, noise = torch.randn(2, len(theta), POINTS, generator=rng)
    second = tilt.tanh() * first + noise / tilt.cosh()  # 1 - tanh^2 = 1 / cosh^2
    return mean + sd * torch.stack([first, second], dim=-1)


def log_likelihood(
    theta: Float[Tensor, "*#B 5"], x: Float[Tensor, "*#B T 2"]
) -> Float[Tensor, "*B"]:
    """log p(x | theta), summed over points."""
    mean, tilt = theta[..., None, :2], theta[..., 4]
    log_sd = theta[..., 2:4].square().clamp(min=LEAST_SD).log()
    first, second = ((x - mean) * (-log_sd).exp()[..., None, :]).unbind(-1)
    rest = (second - tilt.tanh()[..., None] * first) * tilt.cosh()[..., None]
    log_scale = log_sd.sum(-1) - tilt.cosh().log() + math.log(2 * math.pi)
    return (-0.5 * (first.square() + rest.square()) - log_scale[..., None]).sum(-1)


simulator = Simulator(
    prior=prior,
    simulate=simulate,
    theta_names=tuple(f"theta_{d + 1}" for d in range(5)),
    x_axes=("trial", "coordinate"),
    log_likelihood=log_likelihood,
    reference=sbibm.reference("slcp", shape=(POINTS, 2)),
)

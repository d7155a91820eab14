"""Bernoulli GLM from its raw trials: 100 times a spike or none, with the design of each.

Designs are standard normal and new in every data set; their density has no parameter and is left
out of the likelihood.

Reference: benchmark 6 of Radev et al. (2023), arXiv:2302.09125; the offset's prior has a standard
deviation of 2 (sbibm: a variance of 2, and one design for all).
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from . import spikes
from .base import Simulator


def simulate(rng: Generator, theta: Float[Tensor, "B 10"]) -> Float[Tensor, "B T 10"]:
    """Trials with designs of their own."""
    design = torch.randn(len(theta), spikes.TRIALS, spikes.TAPS, generator=rng)
    return spikes.simulate(rng, theta, design)


simulator = Simulator(
    prior=spikes.prior(offset_sd=2.0),
    simulate=simulate,
    theta_names=spikes.NAMES,
    x_axes=("trial", "coordinate"),
    log_likelihood=spikes.log_likelihood,
    x_design=spikes.TAPS,
    x_binary=True,
)

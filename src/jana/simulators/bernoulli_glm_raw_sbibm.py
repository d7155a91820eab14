"""Bernoulli GLM from its raw trials, in sbibm's variant: one design for all data sets.

sbibm gives the spikes alone; here each stands beside its design, which is sbibm's.

Reference: task T.6 of Lueckmann et al. (2021), arXiv:2101.04653.
"""

import math
from functools import cache

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from . import sbibm, spikes
from .base import Reference, Simulator


@cache
def design() -> Float[Tensor, "T 9"]:
    """Of all trials: the stimulus of the last nine time steps, white noise."""
    matrix = torch.load(sbibm.file("bernoulli_glm", "design_matrix.pt"), weights_only=True)
    return matrix[:, 1:]  # the first column is the offset's


def simulate(rng: Generator, theta: Float[Tensor, "B 10"]) -> Float[Tensor, "B T 10"]:
    """Trials with sbibm's design."""
    return spikes.simulate(rng, theta, design())


def observed() -> Float[Tensor, "10 T 10"]:
    """sbibm's observations, beside their design."""
    found = sbibm.observations("bernoulli_glm", "observation_raw.csv")
    return torch.cat([found[..., None], design().expand(len(found), -1, -1)], dim=-1)


simulator = Simulator(
    prior=spikes.prior(offset_sd=math.sqrt(2)),
    simulate=simulate,
    theta_names=spikes.NAMES,
    x_axes=("trial", "coordinate"),
    log_likelihood=spikes.log_likelihood,
    x_design=spikes.TAPS,
    x_binary=True,
    reference=Reference(
        observed=observed,
        theta=lambda: sbibm.true_parameters("bernoulli_glm"),
        draws=lambda: sbibm.posterior_draws("bernoulli_glm"),
        source="sbibm 1.1.0",
    ),
)

"""Bernoulli GLM from sums: the number of spikes and the sum of their designs, over 100.

The design is new in every data set and not told, so that the sums are not sufficient, and their
likelihood has no closed form.

Reference: benchmark 5 of Radev et al. (2023), arXiv:2302.09125.
"""

from jaxtyping import Float
from torch import Generator, Tensor

from . import bernoulli_glm_raw, spikes
from .base import Simulator


def simulate(rng: Generator, theta: Float[Tensor, "B 10"]) -> Float[Tensor, "B 10"]:
    """The sums of the trials of `bernoulli_glm_raw`."""
    return spikes.sums(bernoulli_glm_raw.simulate(rng, theta)) / spikes.TRIALS


simulator = Simulator(
    prior=bernoulli_glm_raw.simulator.prior,
    simulate=simulate,
    theta_names=spikes.NAMES,
    x_axes=("coordinate",),
)

"""Bernoulli GLM from its sufficient statistics, in sbibm's variant.

The design is one for all data sets, so that the number of spikes and the sum of their designs are
sufficient: the posterior is that of the raw trials.

Reference: task T.5 of Lueckmann et al. (2021), arXiv:2101.04653.
"""

from jaxtyping import Float
from torch import Generator, Tensor

from . import bernoulli_glm_raw_sbibm as raw
from . import sbibm, spikes
from .base import Simulator


def simulate(rng: Generator, theta: Float[Tensor, "B 10"]) -> Float[Tensor, "B 10"]:
    """The sums of the trials of `bernoulli_glm_raw_sbibm`."""
    return spikes.sums(raw.simulate(rng, theta))


def relative_log_likelihood(
    theta: Float[Tensor, "*#B 10"], x: Float[Tensor, "*#B 10"]
) -> Float[Tensor, "*B"]:
    """log p(x | theta), but for a term without theta: how many spikes have the same sums."""
    return spikes.relative_log_likelihood_of_sums(theta, x, raw.design())


simulator = Simulator(
    prior=raw.simulator.prior,
    simulate=simulate,
    theta_names=spikes.NAMES,
    x_axes=("coordinate",),
    relative_log_likelihood=relative_log_likelihood,
    reference=sbibm.reference("bernoulli_glm"),
)

"""Predators and prey: what the Lotka-Volterra tasks share.

dX = alpha X - beta X Y, dY = delta X Y - gamma Y, from 30 prey and 1 predator. In logarithms,
u = log X and v = log Y, it is du = alpha - beta e^v, dv = delta e^u - gamma: no species can fall
below zero, and relative errors are what is bounded.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .normal import HALF_LOG_2PI
from .ode import solved
from .priors import log_normals

START = (30.0, 1.0)
STEP = 0.01  # in days; halving it moves no prior draw's means by a hundredth of the noise
NOISE = 0.1  # standard deviation of the logarithms
NAMES = ("alpha", "beta", "gamma", "delta")
prior = log_normals(log_mean=[-0.125, -3.0, -0.125, -3.0], log_sd=[0.5] * 4)


@dataclass(frozen=True)
class Lynxes:
    """One task: when the species are counted, and what of.

    Attributes:
        times: Of the counts, in days.
        offset: Added to a state before its logarithm is taken.
        least: States are kept within these bounds.
        most: As `least`.
        interleaved: Whether data go time by time, or species by species.
    """

    times: tuple[float, ...]
    offset: float
    least: float
    most: float
    interleaved: bool

    def log_means(self, theta: Float[Tensor, "*B 4"]) -> Float[Tensor, "*B X"]:
        """The means of the data's logarithms."""
        alpha, beta, gamma, delta = theta.reshape(-1, 4).double().T

        def flow(state: Float[Tensor, "2 B"]) -> Float[Tensor, "2 B"]:
            prey, predators = state.exp()
            return torch.stack([alpha - beta * predators, delta * prey - gamma])

        start = alpha.new_tensor(START).log()[:, None].expand(2, len(alpha))
        states = solved(flow, start, self.times, STEP).exp().clamp(self.least, self.most)
        order = (2, 0, 1) if self.interleaved else (2, 1, 0)
        log_states = (self.offset + states).log().permute(order).flatten(1)
        return log_states.reshape(*theta.shape[:-1], -1)

    def simulate(self, rng: Generator, theta: Float[Tensor, "B 4"]) -> Float[Tensor, "B X"]:
        """Both species' counts at all times, with log-normal noise."""
        mean = self.log_means(theta).float()
        return (mean + NOISE * torch.randn(mean.shape, generator=rng)).exp()

    def log_likelihood(
        self, theta: Float[Tensor, "*#B 4"], x: Float[Tensor, "*#B X"]
    ) -> Float[Tensor, "*B"]:
        """log p(x | theta), -inf where data are not positive.

        And where rates are so far from the prior that steps are too long to follow them.
        """
        log_x, mean = torch.where(x > 0, x, 1.0).log(), self.log_means(theta).to(x)
        each = -0.5 * ((log_x - mean) / NOISE).square() - math.log(NOISE) - HALF_LOG_2PI - log_x
        known = (x > 0).all(-1) & mean.isfinite().all(-1)
        return torch.where(known, each.sum(-1), -math.inf)

"""Outbreaks: what the SIR tasks share, counts of infected people among those that are tested.

dS = -beta S I / N, dI = beta S I / N - gamma I, from one infected of a million. At ten times 1,000
people are tested: the count is binomial, with the share I / N.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .ode import solved
from .priors import log_normals

PEOPLE, INFECTED, TESTED = 1e6, 1.0, 1000
STEP = 0.25  # in days; halving it moves no prior draw's log shares by a thousandth
NAMES = ("beta (1/day)", "gamma (1/day)")
prior = log_normals(log_mean=[math.log(0.4), math.log(0.125)], log_sd=[0.5, 0.2])


@dataclass(frozen=True)
class Outbreaks:
    """One task: when people are tested.

    Attributes:
        times: In days.
    """

    times: tuple[float, ...]

    def log_odds(self, theta: Float[Tensor, "*B 2"]) -> Float[Tensor, "*B T"]:
        """The logit of the share of infected people, in double precision."""
        beta, gamma = theta.reshape(-1, 2).double().T

        def flow(state: Float[Tensor, "2 B"]) -> Float[Tensor, "2 B"]:
            # Logarithms of both shares: neither can fall below zero.
            susceptible, infected = state.exp()
            return torch.stack([-beta * infected, beta * susceptible - gamma])

        start = beta.new_tensor([PEOPLE - INFECTED, INFECTED]).div(PEOPLE).log()[:, None]
        log_share = solved(flow, start.expand(2, len(beta)), self.times, STEP)[:, 1].T
        log_share = log_share.clamp(max=-1e-12)
        return (log_share - torch.log(-torch.expm1(log_share))).reshape(*theta.shape[:-1], -1)

    def simulate(self, rng: Generator, theta: Float[Tensor, "B 2"]) -> Float[Tensor, "B T"]:
        """How many of those that are tested at each time are infected."""
        share = torch.sigmoid(self.log_odds(theta))
        return torch.binomial(share.new_tensor(TESTED).expand_as(share), share, rng).float()

    def log_likelihood(
        self, theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B T"]
    ) -> Float[Tensor, "*B"]:
        """log p(x | theta), -inf where x is not whole numbers of people."""
        return self.log_counts(theta, x).sum(-1)

    def log_counts(
        self, theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B T"]
    ) -> Float[Tensor, "*B T"]:
        """The same, time by time."""
        return log_binomial(self.log_odds(theta), x.double()).to(x)


def log_binomial(log_odds: Float[Tensor, "*#B"], k: Float[Tensor, "*#B"]) -> Float[Tensor, "*B"]:
    """log P(k of TESTED), given the logit of the chance of each."""
    possible = (k >= 0) & (k <= TESTED) & (k == k.round())
    k = k.clamp(0, TESTED)
    n = k.new_tensor(float(TESTED))
    choose = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
    log_chance = torch.nn.functional.logsigmoid(log_odds)
    found = choose + n * (log_chance - log_odds) + k * log_odds
    return torch.where(possible, found, -torch.inf)

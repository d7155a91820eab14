"""Daily cases of an epidemic: reported infections, recoveries and deaths, in thousands.

People are susceptible, exposed, carriers (infectious, without symptoms), infected, and then
recovered or dead. The contact rate changes at four points, each time over a ramp of some days.
What is reported lags behind, has a weekly rhythm, and noise with heavy tails that is cut off at
zero: so a report may be exactly zero, with a probability.

All of it is deterministic but for the noise, which is independent by day and series. So the
likelihood is known exactly, as a density on positive reports and a probability of zero.

Reference: Radev et al. (2023), arXiv:2302.09125, section 4.4; the model is that of Radev et al.
(2021), PLOS Computational Biology 17.
"""

import math
from dataclasses import dataclass, replace
from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from . import laws
from .base import Prior

PEOPLE = 83e6  # of Germany
DAYS = 81  # 1 March to 20 May 2020
BURN_IN = 20  # days before the first report: the longest delay
UNIT = 1000.0  # persons
WEEK = 7
SERIES = ("infected", "recovered", "dead")

# For each ramp: the rates it runs between, the rate that is held after it, and the rate of the
# whole interval where the ramp has one day only.
RAMPS = {
    # As the authors' program has it: the third ramp is the fourth's, and neither is held.
    "as_published": ((0, 1, 1, 1), (1, 2, 2, 2), (3, 4, 3, 3), (3, 4, 3, 4)),
    # As it is evidently meant.
    "corrected": ((0, 1, 1, 1), (1, 2, 2, 2), (2, 3, 3, 3), (3, 4, 4, 4)),
}

_LAWS = {
    **{
        f"t{i} (days)": laws.normal(*map(float, at))
        for i, at in enumerate([(8, 3), (15, 1), (22, 1), (66, 1)], 1)
    },
    **{f"ramp {i} (days)": laws.log_normal(3.0, 0.3) for i in range(1, 5)},
    **{
        f"lambda {i} (1/day)": laws.log_normal(m, 0.5)
        for i, m in enumerate([1.2, 0.6, 0.3, 0.1, 0.1])
    },
    "mu (1/day)": laws.log_normal(1 / 8, 0.2),
    # Their mean is 0.7. Their sd is 0.1615, not 0.17: a slip of the published program.
    "f I": laws.beta(4.9395, 2.1169),
    "phi I": laws.von_mises(0.01),
    "f R": laws.beta(4.9395, 2.1169),
    "phi R": laws.von_mises(0.01),
    "f D": laws.beta(4.9395, 2.1169),
    "phi D": laws.von_mises(0.01),
    **{f"delay {x} (days)": laws.log_normal(8.0, 0.2) for x in "IRD"},
    "E0 (persons)": laws.gamma(2.0, 30.0),
    **{f"sigma {x}": laws.gamma(1.0, 5.0) for x in "IRD"},
    "alpha": laws.uniform(0.005, 0.9),
    "beta": laws.log_normal(0.25, 0.3),
    "gamma (1/day)": laws.log_normal(1 / 6.5, 0.5),
    "eta (1/day)": laws.log_normal(1 / 3.2, 0.3),
    "theta (1/day)": laws.uniform(1 / 14, 1 / 3),
    "delta": laws.uniform(0.01, 0.3),
    "d (1/day)": laws.uniform(1 / 14, 1 / 3),
}
NAMES = tuple(_LAWS)
CIRCULAR = tuple(i for i, name in enumerate(NAMES) if name.startswith("phi"))
# Change points, ramps and delays are whole days, and the first cases whole persons.
WHOLE = (*range(8), 20, 21, 22, 23)
SPANS = tuple((ramp, ramp + 4) for ramp in range(4))
# Of draws of the laws above, what `admissible` keeps: of 2 * 10^7, with a standard error of 7e-5.
ADMITTED = 0.88933


def admissible(theta: Float[Tensor, "*B 34"]) -> Bool[Tensor, "*B"]:
    """Whether delays fit into the burn-in, and each ramp between its change point and the next."""
    starts, lengths, delays = (part.round() for part in _dates(theta))
    ends = torch.cat([starts[..., 1:], torch.full_like(starts[..., :1], DAYS)], -1)
    fit = (starts > 0) & (ends > starts) & (lengths >= 1) & (ends - starts >= lengths)
    return fit.all(-1) & (delays <= BURN_IN).all(-1)


def _dates(theta: Float[Tensor, "*B 34"]) -> tuple[Tensor, Tensor, Tensor]:
    """Change points, lengths of ramps and delays, none of them rounded yet."""
    return theta[..., :4], theta[..., 4:8], theta[..., 20:23]


prior: Prior = laws.restricted(
    laws.independent(tuple(_LAWS.values()), CIRCULAR), admissible, ADMITTED
)
admitted = partial(
    laws.admitted, prior=laws.independent(tuple(_LAWS.values()), CIRCULAR), admissible=admissible
)


@dataclass(frozen=True)
class Epidemic:
    """One variant of the model.

    Attributes:
        ramps: A key of `RAMPS`.
        people: How many there are.
        noise: What all noise scales are multiplied by.
        shift: Days that the weekly rhythm is late.
        days: How many are reported.
    """

    ramps: str
    people: float = PEOPLE
    noise: float = 1.0
    shift: float = 0.0
    days: int = DAYS

    def longer(self, more: int) -> "Epidemic":
        """The same, for some days more."""
        return replace(self, days=self.days + more)

    def changed(self, what: str, size: float) -> "Epidemic":
        """Another world: `noise` times so much, or `people`, or a rhythm that is days late."""
        known = {"noise": self.noise * size, "people": self.people * size, "shift": size}
        return replace(self, **{what: known[what]})

    def rates(self, theta: Float[Tensor, "B 34"]) -> Float[Tensor, "B S"]:
        """The contact rate of each day from the first of the burn-in, 1/day."""
        theta = theta.double()
        starts, lengths = (part.round() for part in _dates(theta)[:2])
        levels = theta[:, 8:13]
        day = torch.arange(BURN_IN + self.days, dtype=torch.float64)
        rate = levels[:, :1].expand(-1, len(day))
        for i, (first, last, held, plain) in enumerate(RAMPS[self.ramps]):
            since = day - BURN_IN - starts[:, i : i + 1]
            length = lengths[:, i : i + 1]
            share = (since / (length - 1).clamp(min=1)).clamp(0, 1)
            one, other = levels[:, first, None], levels[:, last, None]
            ramp = one + (other - one) * share
            level = torch.where(since < length, ramp, levels[:, held, None])
            level = torch.where(length > 1, level, levels[:, plain, None])
            rate = torch.where(since >= 0, level, rate)
        return rate

    def flows(self, theta: Float[Tensor, "B 34"]) -> Float[Tensor, "3 S B"]:
        """New infected, recovered and dead of each day from the first of the burn-in, persons."""
        theta = theta.double()
        mu, start = theta[:, 13], theta[:, 23].round().clamp(min=1)
        alpha, beta, gamma, eta, theta_, delta, d = theta[:, 27:].unbind(-1)
        ill, well = (1 - alpha) * eta, alpha * theta_  # rates at which carriers fall ill or not
        cured, killed = (1 - delta) * mu, delta * d
        susceptible, exposed = self.people - start, start
        carriers, infected = torch.zeros_like(start), torch.zeros_like(start)
        found = torch.empty(3, BURN_IN + self.days, len(theta), dtype=torch.float64)
        for day, rate in enumerate(self.rates(theta).T / self.people):
            caught = rate * (carriers + beta * infected) * susceptible
            torch.stack([ill * carriers, cured * infected, killed * infected], out=found[:, day])
            susceptible = (susceptible - caught).clamp(0, self.people)
            shown = gamma * exposed
            exposed = (exposed + caught - shown).clamp(0, self.people)
            infected = (infected + ill * carriers - (cured + killed) * infected).clamp(
                0, self.people
            )
            carriers = (carriers + shown - (ill + well) * carriers).clamp(0, self.people)
        return found

    def expected(self, theta: Float[Tensor, "B 34"]) -> Float[Tensor, "B T 3"]:
        """What would be reported each day without noise, persons; double precision."""
        theta = theta.double()
        delays = theta[:, 20:23].round().long()  # (B, 3)
        day = torch.arange(self.days)
        at = day + BURN_IN - delays[..., None]  # (B, 3, T)
        lagged = self.flows(theta).permute(2, 0, 1).gather(-1, at)
        depth, phase = theta[:, 14:20:2, None], theta[:, 15:21:2, None]
        week = math.pi / WEEK * (day.double() - self.shift)
        rhythm = torch.sin(week - phase / 2).abs()
        return (lagged * (1 - (1 - depth) * (1 - rhythm))).mT

    def simulate(self, rng: Generator, theta: Float[Tensor, "B 34"]) -> Float[Tensor, "B T 3"]:
        """Reports, in thousands."""
        place, scale = self._noise(theta)
        made = place + scale * _student(rng, place.shape)
        return (made.clamp(min=0) / UNIT).float()

    def log_likelihood(
        self, theta: Float[Tensor, "*#B 34"], x: Float[Tensor, "*#B T 3"]
    ) -> Float[Tensor, "*B"]:
        """log p(x | theta): of positive reports a density per thousand, of zeros a chance."""
        return self.log_reports(theta, x).sum((-2, -1))

    def log_steps(
        self, theta: Float[Tensor, "*#B 34"], x: Float[Tensor, "*#B T 3"]
    ) -> Float[Tensor, "*B T"]:
        """The terms of `log_likelihood`, one for each day."""
        return self.log_reports(theta, x).sum(-1)

    def log_reports(
        self, theta: Float[Tensor, "*#B 34"], x: Float[Tensor, "*#B T 3"]
    ) -> Float[Tensor, "*B T 3"]:
        """The terms of `log_likelihood`, one for each report."""
        place, scale = self._noise(theta.reshape(-1, theta.shape[-1]))
        shape = (*theta.shape[:-1], *place.shape[1:])
        place, scale = place.reshape(shape), scale.reshape(shape)
        persons = x.double() * UNIT
        least = torch.finfo(torch.float64).tiny
        z = (persons - place) / scale.clamp(min=least)
        density = math.log(0.375) - 2.5 * torch.log1p(z.square() / 4)
        density = density - scale.clamp(min=least).log() + math.log(UNIT)
        # Without cases to report there is no noise either.
        density = torch.where(scale > 0, density, -math.inf)
        chance = torch.where(scale > 0, _log_below(z), 0.0)
        return torch.where(x > 0, density, torch.where(x == 0, chance, -math.inf)).to(x)

    def _noise(self, theta: Float[Tensor, "B 34"]) -> tuple[Tensor, Tensor]:
        """Centre and scale of each report before it is cut off, persons."""
        place = self.expected(theta)
        return place, self.noise * theta[:, None, 24:27].double() * place.sqrt()


def _student(rng: Generator, shape: torch.Size) -> Float[Tensor, "B T 3"]:
    """Student-t draws of four degrees of freedom: two uniform numbers make its chi-square."""
    normal = torch.randn(shape, generator=rng, dtype=torch.float64)
    uniform = 1 - torch.rand((2, *shape), generator=rng, dtype=torch.float64)
    return normal * (-0.5 * uniform.log().sum(0)).rsqrt()


def _log_below(z: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
    """The log distribution function of a Student-t of four degrees of freedom, in both tails."""
    root = (4 + z.square()).sqrt()
    above = torch.where(z < 0, 4 / (root * (root - z)), 1 + z / root)  # 1 + z / root, in full
    return 2 * above.log() + (3 - above).log() - math.log(4)

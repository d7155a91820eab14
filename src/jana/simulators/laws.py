"""Distributions of one parameter each, by their quantiles: a prior draws one uniform for each."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from scipy import special
from torch import Generator, Tensor

from .base import Prior

Values = Float[Tensor, "*B"]
LOG_2PI = math.log(2 * math.pi)


class Law(NamedTuple):
    """A continuous distribution on the line, or on the circle.

    Attributes:
        quantile: Carries a uniform number of double precision to a draw.
        log_prob: Log density within the bounds.
        low: Least value, -inf where there is none.
        high: Bound above, inf where there is none.
    """

    quantile: Callable[[Values], Values]
    log_prob: Callable[[Values], Values]
    low: float = -math.inf
    high: float = math.inf


def normal(mean: float, sd: float) -> Law:
    """`sd` is a standard deviation."""

    def log_prob(x: Values) -> Values:
        return -0.5 * (((x - mean) / sd).square() + LOG_2PI) - math.log(sd)

    return Law(lambda u: mean + sd * torch.special.ndtri(u), log_prob)


def log_normal(median: float, sd: float) -> Law:
    """`sd` is the logarithm's standard deviation."""
    log = normal(math.log(median), sd)
    return Law(lambda u: log.quantile(u).exp(), lambda x: log.log_prob(x.log()) - x.log(), 0.0)


def uniform(low: float, high: float) -> Law:
    """On [low, high)."""
    size = high - low
    return Law(lambda u: low + size * u, lambda x: torch.full_like(x, -math.log(size)), low, high)


def gamma(shape: float, scale: float) -> Law:
    """Of mean shape * scale."""
    constant = math.lgamma(shape) + shape * math.log(scale)

    def log_prob(x: Values) -> Values:
        return (shape - 1) * x.log() - x / scale - constant

    return Law(lambda u: scale * _scipy(special.gammaincinv, shape, u), log_prob, 0.0)


def beta(one: float, other: float) -> Law:
    """On (0, 1), of mean one / (one + other)."""
    constant = math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)

    def log_prob(x: Values) -> Values:
        return (one - 1) * x.log() + (other - 1) * torch.log1p(-x) - constant

    return Law(lambda u: _scipy(special.betaincinv, one, other, u), log_prob, 0.0, 1.0)


def von_mises(concentration: float) -> Law:
    """On the circle [-pi, pi), centred at 0; nearly uniform.

    Args:
        concentration: From 0 to 0.5, within which a few terms of its series are all.

    Raises:
        ValueError: If it is larger.
    """
    if not 0 <= concentration <= 0.5:
        raise ValueError(
            f"this von Mises law is for concentrations from 0 to 0.5, not {concentration}: others "
            "need another way to draw"
        )
    whole = special.iv(0, concentration)
    weights = [2 * special.iv(j, concentration) / (j * whole) for j in range(1, 7)]
    constant = math.log(2 * math.pi * whole)

    def quantile(u: Values) -> Values:
        wanted = 2 * math.pi * u - math.pi
        found = wanted
        for _ in range(40):  # a contraction: the correction's slope is below the concentration
            found = wanted - sum(w * torch.sin(j * found) for j, w in enumerate(weights, 1))
        return found

    def log_prob(x: Values) -> Values:
        return concentration * x.cos() - constant

    return Law(quantile, log_prob, -math.pi, math.pi)


def independent(laws: tuple[Law, ...], circular: tuple[int, ...] = ()) -> Prior:
    """Each parameter by its own law.

    Args:
        laws: One per parameter.
        circular: Places of those that are angles.
    """
    low, high = (torch.tensor([getattr(law, edge) for law in laws]) for edge in ("low", "high"))
    below_high, above_low = torch.nextafter(high, low), torch.nextafter(low, high)
    # A density may be without bound at an open end: no draw is rounded onto it.
    least = torch.where(low.isfinite(), above_low, low)

    def sample(rng: Generator, n: int) -> Float[Tensor, "B D"]:
        # Away from 0, where a quantile may be infinite.
        shares = torch.rand(n, len(laws), generator=rng, dtype=torch.float64).clamp(min=2.0**-54)
        columns = zip(laws, shares.unbind(-1), strict=True)
        theta = torch.stack([law.quantile(share) for law, share in columns], -1).float()
        return torch.minimum(torch.maximum(theta, least), below_high)

    def log_prob(theta: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
        inside = ((theta >= low.to(theta)) & (theta < high.to(theta))).all(-1)
        kept = torch.minimum(torch.maximum(theta, least.to(theta)), below_high.to(theta))
        columns = zip(laws, kept.unbind(-1), strict=True)
        total = sum(law.log_prob(column) for law, column in columns)
        return torch.where(inside, total, -math.inf)

    return Prior(sample, log_prob, low, high, circular)


class Admitted(NamedTuple):
    """Draws that were kept, and how many were made for them."""

    theta: Float[Tensor, "B D"]
    tried: int


def admitted(
    rng: Generator, n: int, prior: Prior, admissible: Callable[[Tensor], Tensor]
) -> Admitted:
    """`n` draws of a prior that are admissible: whole rows are drawn anew until they are.

    Args:
        rng: Of the draws.
        n: How many are wanted.
        prior: What they are drawn from.
        admissible: Of rows (B, D), which may be kept (B,).

    Raises:
        ValueError: If less than one of a thousand is.
    """
    kept, missing, tried = [], n, 0
    while missing > 0:
        theta = prior.sample(rng, missing + missing // 4 + 64)
        good = admissible(theta).nonzero().flatten()[:missing]
        kept.append(theta[good])
        # Those behind the last that is needed were drawn, but not looked at.
        tried += len(theta) if len(good) < missing else int(good[-1]) + 1
        missing -= len(good)
        if tried > 1000 * (n - missing + 64):
            raise ValueError(
                f"{tried} draws of the prior gave {n - missing} that are admissible: make its "
                "constraints wider"
            )
    return Admitted(torch.cat(kept) if kept else prior.sample(rng, 0), tried)


def restricted(prior: Prior, admissible: Callable[[Tensor], Tensor], share: float) -> Prior:
    """A prior that is cut off where parameters are not admissible.

    Args:
        prior: Before it is cut off.
        admissible: Of rows (B, D), which are kept (B,).
        share: Of the prior's mass, what is kept: its density is divided by it.
    """

    def sample(rng: Generator, n: int) -> Float[Tensor, "B D"]:
        return admitted(rng, n, prior, admissible).theta

    def log_prob(theta: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
        return torch.where(admissible(theta), prior.log_prob(theta) - math.log(share), -math.inf)

    return prior._replace(sample=sample, log_prob=log_prob)


def _scipy(function: Callable, *arguments: float | Tensor) -> Tensor:
    return torch.from_numpy(function(*arguments[:-1], arguments[-1].numpy()))

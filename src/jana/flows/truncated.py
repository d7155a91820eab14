"""Gaussians cut off at bounds: fitted by maximum likelihood, and carried to standard normals.

In double precision throughout, as much is taken from differences of small probabilities.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.special import log_ndtr, ndtri

WIDEST = 30.0  # widths of the interval that a standard deviation may reach: there it is uniform
STEPS = 200  # of the optimizer at most; a few dozen are enough

Double = Float[Tensor, "*B K"]


class Regression(NamedTuple):
    """A Gaussian for each coordinate, before it is cut off.

    Attributes:
        slope: Of the centre, by context feature (C, K).
        offset: Centre where the context is zero (K,).
        sd: Standard deviation (K,).
    """

    slope: Float[Tensor, "C K"]
    offset: Float[Tensor, " K"]
    sd: Float[Tensor, " K"]


def regression(
    x: Float[Tensor, "N K"],
    context: Float[Tensor, "N C"],
    low: Float[Tensor, " K"],
    high: Float[Tensor, " K"],
) -> Regression:
    """The truncated linear regression of each coordinate on the context.

    In precision and precision times centre the log likelihood is concave, so that any start does.

    Reference: Olsen (1978), Econometrica 46; Hausman & Wise (1977), Econometrica 45.
    """
    context, x = context.cpu(), x.cpu()
    low, high = low.cpu(), high.cpu()
    middle, width = (low + high) / 2, high - low
    unit = (x - middle) / width  # of an interval from -1/2 to 1/2
    design = torch.cat([context, torch.ones_like(unit[:, :1])], -1)
    fitted = torch.linalg.lstsq(design, unit, driver="gelsd").solution
    sd = (unit - design @ fitted).std(0).clamp(1e-6, WIDEST / 2)
    centre = (fitted / sd).contiguous().requires_grad_()
    free = (1 / sd - 1 / WIDEST).log().requires_grad_()  # the precision above its least value
    with torch.enable_grad():
        _minimize(lambda: _loss(unit, design, centre, free.exp() + 1 / WIDEST), [centre, free])
    sd = 1 / (free.detach().exp() + 1 / WIDEST)
    slope, offset = (centre.detach() * sd * width).split([context.shape[1], 1])
    return Regression(slope, offset[0] + middle, sd * width)


def _loss(unit: Tensor, design: Tensor, centre: Tensor, precision: Tensor) -> Tensor:
    """Mean negative log likelihood, of all coordinates together."""
    at = design @ centre
    z = precision * unit - at
    mass = log_mass(-0.5 * precision - at, 0.5 * precision - at)
    return (0.5 * z.square() - precision.log() + mass).sum(1).mean()


def _minimize(loss, weights) -> None:  # noqa: ANN001
    optimizer = torch.optim.LBFGS(weights, max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)


def log_mass(a: Double, b: Double) -> Double:
    """log of a standard normal's probability between a < b, from the nearer tail."""
    flip = a + b > 0
    a, b = torch.where(flip, -b, a), torch.where(flip, -a, b)
    upper = log_ndtr(b)
    return upper + torch.log1p(-(log_ndtr(a) - upper).exp())


def to_normal(
    x: Float[Tensor, "*B K"],
    low: Float[Tensor, "*#B K"],
    high: Float[Tensor, "*#B K"],
    centre: Double,
    sd: Float[Tensor, "*#B K"],
) -> tuple[Float[Tensor, "*B K"], Float[Tensor, "*B K"]]:
    """Carries draws of the truncated Gaussian to standard normals; also the log slope."""
    a, b = _standard(low, high, centre, sd)
    # A value at a bound stands for all that would round to it.
    least = (high - low).double() * (torch.finfo(x.dtype).eps / 4)
    inner = torch.minimum(torch.maximum(x.double(), low + least), high - least)
    t = (inner - centre) / sd
    mass = _mass(a, b)
    lower, upper = (part.clamp(min=1e-300) / mass for part in (_mass(a, t), _mass(t, b)))
    z = _quantile(lower, upper)
    return z.to(x), _log_slope(t, z, mass, sd).to(x)


def from_normal(
    z: Float[Tensor, "*B K"],
    low: Float[Tensor, "*#B K"],
    high: Float[Tensor, "*#B K"],
    centre: Double,
    sd: Float[Tensor, "*#B K"],
) -> tuple[Float[Tensor, "*B K"], Float[Tensor, "*B K"]]:
    """Carries standard normals to draws of the truncated Gaussian; also the log slope."""
    a, b = _standard(low, high, centre, sd)
    mass, wide = _mass(a, b), z.double().clamp(-37, 37)  # beyond, no probability is left
    lower, upper = _below(a) + mass * _below(wide), _below(-b) + mass * _below(-wide)
    t = _quantile(lower, upper)
    t = torch.minimum(torch.maximum(t, a), b)
    return (centre + sd * t).to(z), -_log_slope(t, wide, mass, sd).to(z)


def _standard(low: Tensor, high: Tensor, centre: Tensor, sd: Tensor) -> tuple[Tensor, Tensor]:
    """The bounds, in standard deviations from the centre."""
    return (low.double() - centre) / sd, (high.double() - centre) / sd


def _below(t: Tensor) -> Tensor:
    """Probability below t. Not torch.special.ndtr, which is 0 below -8.3."""
    return 0.5 * torch.erfc(-t / math.sqrt(2))


def _mass(a: Tensor, b: Tensor) -> Tensor:
    """Probability between a < b, from the nearer tail."""
    flip = a + b > 0
    return _below(torch.where(flip, -a, b)) - _below(torch.where(flip, -b, a))


def _quantile(lower: Tensor, upper: Tensor) -> Tensor:
    """Where a standard normal has these probabilities below and above, by the smaller one."""
    below = lower < upper
    return ndtri(torch.where(below, lower, upper)) * torch.where(below, 1.0, -1.0)


def _log_slope(t: Tensor, z: Tensor, mass: Tensor, sd: Tensor) -> Tensor:
    return 0.5 * (z.square() - t.square()) - mass.log() - sd.log()

"""Two moons: two parameters, two data coordinates, a posterior of two crescents.

Turn the parameters by 45 degrees: s = (theta_1 + theta_2) / sqrt 2, d = (theta_2 - theta_1) /
sqrt 2. The data are a noisy half circle p, moved: x = p + (0.25 - |s|, d). So p = (x_1 - 0.25 +
|s|, x_2 - d): given x, each p gives d and, up to its sign, s. That makes the posterior exact by
rejection: of p that would need |s| < 0, and of parameters outside the prior's box, which is
|s| + |d| < sqrt 2. Its normalising constant is the share that is kept.

Reference: Greenberg et al. (2019), arXiv:1905.07488; task T.8 of Lueckmann et al. (2021),
arXiv:2101.04653, whose prior is the box [-1, 1]^2.
"""

import math
from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from .base import Exact, Simulator
from .priors import box

RADIUS, RADIUS_SD, SHIFT = 0.1, 0.01, 0.25
EDGE = math.sqrt(2)  # the box in turned coordinates: |s| + |d| < EDGE
LOG_PRIOR = -math.log(4.0)
PANELS, NODES = 200, 20  # of the quadrature over the angle
ROWS = 500  # data sets whose quadrature is done at once, to bound memory


def half_circle(rng: Generator, n: int) -> Float[Tensor, "B 2"]:
    """`n` points p at angles uniform on (-pi/2, pi/2) and normal distances from the origin."""
    angle = math.pi * (torch.rand(n, generator=rng) - 0.5)
    radius = RADIUS + RADIUS_SD * torch.randn(n, generator=rng)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1)


def turned(theta: Float[Tensor, "*B 2"]) -> tuple[Float[Tensor, "*B"], Float[Tensor, "*B"]]:
    """The coordinates s and d of the parameters."""
    first, second = theta.unbind(-1)
    return (first + second) / math.sqrt(2), (second - first) / math.sqrt(2)


def simulate(rng: Generator, theta: Float[Tensor, "B 2"]) -> Float[Tensor, "B 2"]:
    """A noisy half circle, moved by where theta lies along the two diagonals."""
    s, d = turned(theta)
    return half_circle(rng, len(theta)) + torch.stack([SHIFT - s.abs(), d], dim=-1)


def log_likelihood(theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B 2"]) -> Float[Tensor, "*B"]:
    """log p(x | theta): that of the point p in polar coordinates, over its radius.

    A negative radius (10 standard deviations off) is left out.
    """
    s, d = turned(theta)
    p1, p2 = x[..., 0] - SHIFT + s.abs(), x[..., 1] - d
    radius = torch.hypot(p1, p2)
    z = (radius - RADIUS) / RADIUS_SD
    log_radius = -0.5 * z.square() - math.log(RADIUS_SD) - 0.5 * math.log(2 * math.pi)
    return torch.where(p1 > 0, log_radius - radius.log() - math.log(math.pi), -math.inf)


def sample_posterior(rng: Generator, x: Float[Tensor, "B 2"], n: int) -> Float[Tensor, "B L 2"]:
    """Exact draws at any x, by rejection; each data set has n of them.

    Raises:
        ValueError: If some x is so unlikely that practically no draw is kept.
    """
    return torch.stack([_sample_one(rng, row, n) for row in x])


def _sample_one(rng: Generator, x: Float[Tensor, " 2"], n: int) -> Float[Tensor, "L 2"]:
    kept = x.new_empty(0, 2)
    for _ in range(1000):
        theta, keep = _proposals(rng, x, 2 * n)
        kept = torch.cat([kept, theta[keep]])
        if len(kept) >= n:
            return kept[:n]
    raise ValueError(
        f"x must be within reach of the prior, but x = {x.tolist()} kept only {len(kept)} of "
        f"{2000 * n} posterior proposals: choose an x that the simulator gives"
    )


def _proposals(
    rng: Generator, x: Float[Tensor, " 2"], n: int
) -> tuple[Float[Tensor, "L 2"], Bool[Tensor, " L"]]:
    """Parameters that would give x with the right p, and whether they lie within the prior."""
    p1, p2 = half_circle(rng, n).to(x).unbind(-1)
    size, d = p1 + SHIFT - x[0], x[1] - p2
    sign = 2.0 * torch.randint(2, (n,), generator=rng) - 1
    s = sign * size
    theta = torch.stack([s - d, s + d], dim=-1) / math.sqrt(2)
    inside = ((theta >= -1) & (theta < 1)).all(-1)
    return theta, (size >= 0) & inside


def log_posterior(theta: Float[Tensor, "B 2"], x: Float[Tensor, "B 2"]) -> Float[Tensor, " B"]:
    """log p(theta | x), by Bayes' rule."""
    log_prior = simulator.prior.log_prob(theta).to(theta)
    return log_prior + log_likelihood(theta, x) - log_marginal(x)


def log_marginal(x: Float[Tensor, "B 2"]) -> Float[Tensor, " B"]:
    """log p(x): the prior's density, times two signs of s, times the share kept by rejection."""
    return LOG_PRIOR + math.log(2) + share_kept(x).log()


def share_kept(x: Float[Tensor, "B 2"]) -> Float[Tensor, " B"]:
    """The probability that a half-circle point p is kept by the posterior's rejection at x.

    At each angle the conditions are bounds on the radius, so that the inner integral is a
    normal probability; the outer one is by composite Gauss-Legendre quadrature.
    """
    angle, weight = _nodes()
    return torch.cat(
        [_kept_at(rows.double(), angle) @ weight for rows in x.split(ROWS)] or [x.new_empty(0)]
    ).to(x)


def _kept_at(x: Float[Tensor, "B 2"], angle: Float[Tensor, " K"]) -> Float[Tensor, "B K"]:
    """The probability that p is kept, given its angle."""
    cos, sin = angle.cos(), angle.sin()
    x1, x2 = x[:, :1], x[:, 1:]
    # r cos a >= x1 - SHIFT, and r cos a + SHIFT - x1 + |x2 - r sin a| < EDGE, for either sign.
    low = ((x1 - SHIFT) / cos).clamp(min=0)
    high = torch.full_like(low, math.inf)
    for slope, bound in [
        (cos - sin, EDGE - SHIFT + x1 - x2),
        (cos + sin, EDGE - SHIFT + x1 + x2),
    ]:
        low = torch.where(slope < 0, torch.maximum(low, bound / slope), low)
        high = torch.where(slope > 0, torch.minimum(high, bound / slope), high)
    low, high = ((radius - RADIUS) / RADIUS_SD for radius in (low, high))
    # From the nearer tail, where the difference of two small probabilities is exact.
    upper = low > 0
    low, high = torch.where(upper, -high, low), torch.where(upper, -low, high)
    # Not torch.special.ndtr, which is 0 below -8.3.
    below_low, below_high = (0.5 * torch.erfc(-edge / math.sqrt(2)) for edge in (low, high))
    return (below_high - below_low).clamp(min=0)


@cache
def _nodes() -> tuple[Float[Tensor, " K"], Float[Tensor, " K"]]:
    """Angles on (-pi/2, pi/2) and weights that sum to 1."""
    node, weight = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(NODES))
    panel = torch.arange(PANELS, dtype=torch.float64)[:, None]
    share = (panel + (node + 1) / 2) / PANELS
    return math.pi * (share.flatten() - 0.5), (weight / 2 / PANELS).repeat(PANELS)


simulator = Simulator(
    prior=box(low=[-1.0, -1.0], high=[1.0, 1.0]),
    simulate=simulate,
    theta_names=("theta_1", "theta_2"),
    x_axes=("coordinate",),
    log_likelihood=log_likelihood,
    exact=Exact(sample_posterior, log_posterior, log_marginal),
)

"""Crescents: what all two-moons tasks share, whatever their size and prior.

Turn the parameters by 45 degrees: s = (theta_1 + theta_2) / sqrt 2, d = (theta_2 - theta_1) /
sqrt 2. The data are a noisy half circle p, moved: x = p + (shift - |s|, d). So p = (x_1 - shift
+ |s|, x_2 - d): given x, each p gives d and, up to its sign, s. That makes the posterior exact
by rejection: of p that would need |s| < 0, and of parameters outside the prior's box, which is
|s| + |d| < sqrt 2 times its half width. Its normalising constant is the share that is kept.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from .base import Prior
from .priors import box

PANELS, NODES = 200, 20  # of the quadrature over the angle
ROWS = 500  # data sets whose quadrature is done at once, to bound memory
PROPOSALS = 2**18  # per round of rejection, to bound memory
TRIES = 100_000  # proposals for one data set (100 per draw, if more) before asking why
MOON_ENDS = 4.0  # standard deviations of the radius
LEAST_SHARE = 1e-6  # of proposals kept: an x with less is refused


@dataclass(frozen=True)
class Crescents:
    """One task: a half circle with a normal radius, moved by the parameters, and a box prior.

    Attributes:
        radius: Mean radius of the half circle.
        radius_sd: Its standard deviation, a tenth of it or less: densities leave out radii < 0.
        shift: How far the crescent lies to the right where theta = 0.
        half_width: The prior is uniform on [-half_width, half_width)^2.
    """

    radius: float
    radius_sd: float
    shift: float
    half_width: float

    @property
    def prior(self) -> Prior:
        """Uniform on the box."""
        return box(low=[-self.half_width] * 2, high=[self.half_width] * 2)

    def simulate(self, rng: Generator, theta: Float[Tensor, "B 2"]) -> Float[Tensor, "B 2"]:
        """A noisy half circle, moved by where theta lies along the two diagonals."""
        s, d = turned(theta)
        moved = torch.stack([self.shift - s.abs(), d], dim=-1)
        return self.half_circle(rng, len(theta)) + moved

    def half_circle(self, rng: Generator, n: int) -> Float[Tensor, "B 2"]:
        """`n` points p at angles uniform on (-pi/2, pi/2), normally far from the origin."""
        angle = math.pi * (torch.rand(n, generator=rng) - 0.5)
        radius = self.radius + self.radius_sd * torch.randn(n, generator=rng)
        return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1)

    def log_likelihood(
        self, theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B 2"]
    ) -> Float[Tensor, "*B"]:
        """log p(x | theta): that of the point p in polar coordinates, over its radius.

        A negative radius (10 standard deviations off) is left out.
        """
        p1, radius, z = self._point(theta, x)
        log_radius = -0.5 * z.square() - math.log(self.radius_sd) - 0.5 * math.log(2 * math.pi)
        return torch.where(p1 > 0, log_radius - radius.log() - math.log(math.pi), -math.inf)

    def moon(self, theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B 2"]) -> Int[Tensor, "*B"]:
        """Which moon of the posterior given x a parameter lies on: 0, 1, or -1 for neither.

        Moons end four standard deviations of the radius from it, where 6 of 100,000 draws lie.
        """
        p1, _, z = self._point(theta, x)
        side = (turned(theta)[0] < 0).long()
        return torch.where((p1 > 0) & (z.abs() <= MOON_ENDS), side, -1)

    def _point(
        self, theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B 2"]
    ) -> tuple[Float[Tensor, "*B"], Float[Tensor, "*B"], Float[Tensor, "*B"]]:
        """Of the point p: its first coordinate, its radius, and that standardized."""
        s, d = turned(theta)
        p1, p2 = x[..., 0] - self.shift + s.abs(), x[..., 1] - d
        radius = torch.hypot(p1, p2)
        return p1, radius, (radius - self.radius) / self.radius_sd

    def log_posterior(
        self, theta: Float[Tensor, "*#B 2"], x: Float[Tensor, "*#B 2"]
    ) -> Float[Tensor, "*B"]:
        """log p(theta | x), by Bayes' rule."""
        return self.prior.log_prob(theta) + self.log_likelihood(theta, x) - self.log_marginal(x)

    def log_marginal(self, x: Float[Tensor, "*B 2"]) -> Float[Tensor, "*B"]:
        """log p(x): the prior's density, times two signs of s, times the share kept."""
        share = self.share_kept(x.reshape(-1, 2)).reshape(x.shape[:-1])
        return math.log(2) - 2 * math.log(2 * self.half_width) + share.log()

    def sample_posterior(
        self, rng: Generator, x: Float[Tensor, "B 2"], n: int
    ) -> Float[Tensor, "B L 2"]:
        """Exact draws at any x, by rejection: the first `n` proposals that each x keeps.

        Raises:
            ValueError: If some x is so unlikely that practically no proposal is kept.
        """
        draws, found = x.new_empty(len(x), n, 2), torch.zeros(len(x), dtype=torch.long)
        tried = 0
        while len(lacking := (found < n).nonzero()[:, 0]):
            if tried >= max(TRIES, 100 * n):
                self._require_reach(x[lacking])
            size = min(max(2 * n, tried), max(1, PROPOSALS // len(lacking)))
            theta, keep = self.proposals(rng, x[lacking], size)
            place = found[lacking, None] + keep.cumsum(1) - 1
            row, column = (keep & (place < n)).nonzero(as_tuple=True)
            draws[lacking[row], place[row, column]] = theta[row, column]
            found[lacking] += keep.sum(1)
            tried += size
        return draws

    def _require_reach(self, x: Float[Tensor, "B 2"]) -> None:
        share, row = self.share_kept(x).min(0)
        if share < LEAST_SHARE:
            raise ValueError(
                f"x must be within reach of the prior, but at x = {x[row].tolist()} the share of "
                f"posterior proposals kept is {float(share):.1e}: choose an x that the simulator "
                "gives"
            )

    def proposals(
        self, rng: Generator, x: Float[Tensor, "B 2"], n: int
    ) -> tuple[Float[Tensor, "B L 2"], Bool[Tensor, "B L"]]:
        """Parameters that would give x with the right p, and whether they lie within the prior."""
        p = self.half_circle(rng, len(x) * n).to(x).unflatten(0, (len(x), n))
        size, d = p[..., 0] + self.shift - x[:, :1], x[:, 1:] - p[..., 1]
        s = size * (2.0 * torch.randint(2, size.shape, generator=rng) - 1)
        theta = torch.stack([s - d, s + d], dim=-1) / math.sqrt(2)
        inside = ((theta >= -self.half_width) & (theta < self.half_width)).all(-1)
        return theta, (size >= 0) & inside

    def share_kept(self, x: Float[Tensor, "B 2"]) -> Float[Tensor, " B"]:
        """The probability that a half-circle point p is kept by the posterior's rejection at x.

        At each angle the conditions are bounds on the radius, so that the inner integral is a
        normal probability; the outer one is by composite Gauss-Legendre quadrature.
        """
        angle, weight = _nodes()
        shares = [self._kept_at(rows.double(), angle) @ weight for rows in x.split(ROWS)]
        return torch.cat(shares or [x.new_empty(0)]).to(x)

    def _kept_at(self, x: Float[Tensor, "B 2"], angle: Float[Tensor, " K"]) -> Float[Tensor, "B K"]:
        """The probability that p is kept, given its angle."""
        cos, sin = angle.cos(), angle.sin()
        # r cos a >= x1 - shift, and r cos a - (x1 - shift) + |x2 - r sin a| < edge.
        x1, x2 = x[:, :1] - self.shift, x[:, 1:]
        edge = math.sqrt(2) * self.half_width
        low = (x1 / cos).clamp(min=0)
        high = torch.full_like(low, math.inf)
        for slope, bound in [(cos - sin, edge + x1 - x2), (cos + sin, edge + x1 + x2)]:
            low = torch.where(slope < 0, torch.maximum(low, bound / slope), low)
            high = torch.where(slope > 0, torch.minimum(high, bound / slope), high)
        low, high = ((radius - self.radius) / self.radius_sd for radius in (low, high))
        # From the nearer tail, where the difference of two small probabilities is exact.
        upper = low > 0
        low, high = torch.where(upper, -high, low), torch.where(upper, -low, high)
        # Not torch.special.ndtr, which is 0 below -8.3.
        below_low, below_high = (0.5 * torch.erfc(-z / math.sqrt(2)) for z in (low, high))
        return (below_high - below_low).clamp(min=0)


def turned(theta: Float[Tensor, "*B 2"]) -> tuple[Float[Tensor, "*B"], Float[Tensor, "*B"]]:
    """The coordinates s and d of the parameters."""
    first, second = theta.unbind(-1)
    return (first + second) / math.sqrt(2), (second - first) / math.sqrt(2)


@cache
def _nodes() -> tuple[Float[Tensor, " K"], Float[Tensor, " K"]]:
    """Angles on (-pi/2, pi/2) and weights that sum to 1."""
    node, weight = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(NODES))
    panel = torch.arange(PANELS, dtype=torch.float64)[:, None]
    share = (panel + (node + 1) / 2) / PANELS
    return math.pi * (share.flatten() - 0.5), (weight / 2 / PANELS).repeat(PANELS)

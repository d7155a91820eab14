"""A density of numbers that are exactly zero with some probability, and positive else."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import logsigmoid

from ..networks.levels import DEVIATIONS, deviations
from ..networks.mlp import MLP, Linear, Style, hidden_weights
from .flow import Sample
from .gaussian import MOST
from .ridge import LARGEST, ceiling, of_logarithms, ridge, some
from .spline import Spline
from .warps import softclip

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
# Drawn series feed on themselves, and stay near what is expected by these, all of logarithms.
FARTHEST = 3.0  # of a number's centre from what is expected
WIDEST = math.log(2.0)  # logarithm of the width

Rows = Float[Tensor, "M R X"]
Features = Float[Tensor, "M R F"]


class Hurdle(nn.Module):
    """P(zeros) p(positive numbers | features), one number after another.

    Each of the X numbers has a network, told the features and the numbers before it: of the log
    odds of a zero, and of a flow that carries the logarithm of a positive number to a standard
    normal by a linear regression, an affine map and a spline. The regressions are fitted once to
    the features that are not learned; the networks start at zero. The numbers are seen as ratios
    to what is expected: near 1 in most detail.

    Densities are by the product over numbers of a point mass at zero and the length of the positive
    line: of positive numbers in their own unit.

    Args:
        rngs: One generator per member.
        size: Numbers X of a row.
        learned: Features that are learned, which come first.
        plain: Features that are not.
        spline: Of each number.
        style: Of the networks.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        size: int,
        learned: int,
        plain: int,
        spline: Spline,
        style: Style,
    ):
        super().__init__()
        self.size, self.learned, self.spline = size, learned, spline
        features = learned + plain
        self.register_buffer("slope", torch.zeros(plain, size))
        self.register_buffer("offset", torch.zeros(size))
        self.register_buffer("spread_slope", torch.zeros(plain, size))
        self.register_buffer("spread", torch.zeros(size))
        self.register_buffer("log_odds", torch.zeros(size))
        self.register_buffer("high", torch.full((size,), LARGEST))
        # What each number's network is told of the row: those before it.
        before = torch.ones(size, size).tril(-1).repeat(1, DEVIATIONS)
        self.register_buffer("before", before[:, None], persistent=False)
        self.width, outputs = style.hidden[0], 3 + sum(spline.pieces)
        told = hidden_weights(rngs, features, size * self.width, style.start)
        self.project = Linear(told)
        self.network = MLP(rngs, DEVIATIONS * size, features, outputs, style, (size,))
        self.decay = style.decay

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "R X"], plain: Float[Tensor, "R F"]) -> None:
        """Fits a ridge regression to each number's logarithm where it is positive."""
        self.high.copy_(ceiling(x))
        rows = some(len(x), x.device)
        x, plain = x[rows], plain[rows]
        share = (x <= 0).double().mean(0).clamp(1e-4, 1 - 1e-4)
        self.log_odds.copy_((share / (1 - share)).log())
        for fit in of_logarithms(x, plain):
            self.slope[:, fit.place], self.offset[fit.place] = fit.slope.to(self.slope), fit.offset
            # How wide it is varies more than anything else: the logarithm of its size, too.
            residual = fit.residual
            log_size = (residual.square() + 1e-4 * residual.var()).log() / 2
            found, offset = ridge(fit.design, log_size)
            self.spread_slope[:, fit.place] = found.to(self.slope)
            # So that residuals have unit variance, divided by their widths.
            unit = residual * (-fit.design @ found - offset).exp()
            self.spread[fit.place] = offset + unit.square().mean().log() / 2

    def log_prob(self, x: Rows, features: Features) -> Float[Tensor, "M R"]:
        """log p(x | features)."""
        return self.log_probs(x, features).sum(-1)

    def log_probs(self, x: Rows, features: Features) -> Rows:
        """The terms of `log_prob`: a log density of what is positive, a log probability of zeros.

        Each is given those before it.
        """
        odds, mean, log_scale, warp = self._told(deviations(x), features)
        positive = x > 0
        log = torch.where(positive, x, 1.0).log()
        z, log_slope = self.spline.forward((log - mean) * log_scale.exp(), warp)
        normal = -0.5 * z.square() - HALF_LOG_2PI
        density = logsigmoid(-odds) + normal + log_slope + log_scale - log
        return torch.where(positive, density, logsigmoid(odds))

    def sample(self, noise: Float[Tensor, "M R Y"], features: Features) -> Sample:
        """One row for each of the features.

        Args:
            noise: Uniform numbers, then normal ones.
            features: As for `log_prob`.
        """
        uniform, z = noise.split(self.size, -1)
        x, total = torch.zeros_like(z), 0.0
        for place in range(self.size):
            odds, mean, log_scale, warp = self._told(deviations(x), features)
            y, log_slope = self.spline.inverse(z, warp)
            free = y * (-log_scale).exp() + mean
            log, normal = free.clamp(min=-LARGEST).minimum(self.high), z
            if (log != free).any():  # the density is that of what is drawn
                normal, back = self.spline.forward((log - mean) * log_scale.exp(), warp)
                log_slope = -back
            zero = uniform < torch.sigmoid(odds)
            drawn = torch.where(zero, 0.0, log.exp())
            normal = -0.5 * normal.square() - HALF_LOG_2PI
            density = logsigmoid(-odds) + normal - log_slope + log_scale - log
            each = torch.where(zero, logsigmoid(odds), density)
            x = torch.cat([x[..., :place], drawn[..., place : place + 1], x[..., place + 1 :]], -1)
            total = total + each[..., place]
        return Sample(x[:, :, None], total[:, :, None])

    def noise(self, rng: Generator, *shape: int) -> Float[Tensor, "*B Y"]:
        """What `sample` takes, of a generator."""
        uniform = torch.rand(*shape, self.size, generator=rng)
        return torch.cat([uniform, torch.randn(*shape, self.size, generator=rng)], -1)

    def _told(self, seen: Float[Tensor, "M R Y"], features: Features) -> tuple[Tensor, ...]:
        """Log odds of zero, centre and log scale of the logarithm, numbers of its warp."""
        members = len(seen)
        inputs = (seen[:, None] * self.before).flatten(0, 1)
        offset = self.project(features).unflatten(-1, (self.size, self.width)).movedim(2, 1)
        told = self.network(inputs, offset.flatten(0, 1))
        told = told.unflatten(0, (members, self.size)).movedim(1, 2)  # (M, R, X, outputs)
        plain = features[..., self.learned :]
        # At the start none is beyond: where the last bound cuts, no width learns.
        wide = softclip(plain @ self.spread_slope + self.spread, MOST).clamp(max=WIDEST)
        beyond = softclip(wide.exp() * told[..., 1], FARTHEST)
        mean = plain @ self.slope + self.offset + beyond
        log_scale = (softclip(told[..., 2], MOST) - wide).clamp(min=-WIDEST)
        return self.log_odds + told[..., 0], mean, log_scale, told[..., 3:]

    def hidden(self) -> list[nn.Parameter]:
        """Weights that decay."""
        return [self.project.weight, *self.network.hidden()]

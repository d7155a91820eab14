"""A likelihood of response times: which of two responses, and after what time."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn
from torch.nn.functional import logsigmoid

from ..networks.dropout import Masks
from ..networks.mlp import MLP, Linear, Style, hidden_weights
from ..networks.places import at
from ..networks.standardize import Standardize
from . import sets
from .flow import Sample
from .gaussian import MOST
from .spline import Spline
from .warps import softclip

ROWS = 200_000  # trials that the regressions are fitted to, at most


class Told(NamedTuple):
    """What the network tells of a data set: the odds, and a flow for the time of each response.

    Attributes:
        log_odds: Of the response with the positive sign.
        shift: What is added to all times.
        mean: Of the log time.
        log_scale: By which distance from it is stretched.
        warps: Parameters of each spline.
    """

    log_odds: Float[Tensor, "M B"]
    shift: Float[Tensor, "M B"]
    mean: Float[Tensor, "M B 2"]
    log_scale: Float[Tensor, "M B 2"]
    warps: list[Float[Tensor, "M B 2 P"]]


class Response(nn.Module):
    """P(response | theta) p(time | response, theta), for times that are shifted by a parameter.

    A trial is one number: the sign is the response, the absolute value the time. The log of the
    time above the shift is carried to a standard normal by a regression on the parameters, an
    affine map and splines. There is a density above the shift only, and no dummy coordinate.

    All that the parameters tell is the same for all trials of a data set: the network sees a data
    set once, not every trial.

    Args:
        rngs: One generator per member.
        given: Bounds (D,) of the parameters.
        shift: The place of the one that is added to all times, and does nothing else.
        warps: From data to latent; one of them at least.
        style: Of the network.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        given: tuple[Float[Tensor, " D"], Float[Tensor, " D"]],
        shift: int,
        warps: Sequence[Spline],
        style: Style,
    ):
        super().__init__()
        self.shift, self.warps = shift, tuple(warps)
        self.others = [place for place in range(len(given[0])) if place != shift]
        self.standardize = Standardize(*(edge[self.others] for edge in given))
        features, self.sizes = len(self.others), [sum(warp.pieces) for warp in warps]
        self.register_buffer("slope", torch.zeros(features, 2))
        self.register_buffer("offset", torch.zeros(2))
        self.register_buffer("sd", torch.ones(2))
        self.register_buffer("log_odds", torch.zeros(()))
        outputs = 1 + 2 * (2 + sum(self.sizes))
        self.project = Linear(hidden_weights(rngs, features, style.hidden[0], style.start))
        self.network = MLP(rngs, 0, features, outputs, style)
        self.weight_decay = style.decay
        self.masks = Masks(self)

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "N 1"], context: Float[Tensor, "N D"]) -> None:
        """Fits a regression of the log time for each response, and the share of both."""
        rows = slice(None, None, math.ceil(len(x) / ROWS))
        x, context = x[rows, 0], context[rows]
        self.standardize.set_from(context[:, self.others])
        features = self.standardize(context[:, self.others]).double()
        design = torch.cat([features, torch.ones_like(features[:, :1])], -1)
        log_time = (x.abs() - context[:, self.shift]).double().clamp(min=1e-6).log()
        for response in (0, 1):
            seen = (x > 0) == bool(response)
            if seen.sum() <= design.shape[1]:  # too few: the start is worse, nothing else
                continue
            fitted = torch.linalg.lstsq(
                design[seen].cpu(), log_time[seen, None].cpu(), driver="gelsd"
            ).solution.to(design)
            rest = log_time[seen] - (design[seen] @ fitted)[:, 0]
            self.slope[:, response], self.offset[response] = fitted[:-1, 0], fitted[-1, 0]
            self.sd[response] = rest.square().mean().sqrt().clamp(min=1e-3)
        share = (x > 0).double().mean().clamp(1e-3, 1 - 1e-3)
        self.log_odds.copy_(share.logit())

    def log_prob(
        self, x: Float[Tensor, "M B 1"], context: Float[Tensor, "M B D"]
    ) -> Float[Tensor, "M B"]:
        """log q(x | context) of one trial per row; -inf where its time is not above the shift."""
        return self.log_prob_of_trials(context, x[:, :, None])[..., 0]

    def log_prob_of_trials(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B T 1"]
    ) -> Float[Tensor, "M B T"]:
        """log q(x_t | theta) of each trial, in nats per second."""
        told, positive = self._told(theta), x[..., 0] > 0
        time = x[..., 0].abs() - told.shift[..., None]
        possible = time > 0
        # Where there is no density, any time will do: the result is masked.
        log_time = torch.where(possible, time, 1.0).log()
        log_scale = _of(told.log_scale, positive)
        z = (log_time - _of(told.mean, positive)) * log_scale.exp()
        total = log_scale - log_time
        for warp, params in zip(self.warps, told.warps, strict=True):
            z, log_slope = warp.forward(z, _of(params, positive))
            total = total + log_slope
        chance = logsigmoid(torch.where(positive, 1.0, -1.0) * told.log_odds[..., None])
        density = chance + total - 0.5 * (z.square() + math.log(2 * math.pi))
        return torch.where(possible, density, -math.inf)

    def log_prob_of_sets(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B T 1"]
    ) -> Float[Tensor, "M B"]:
        """log q(x | theta) of all trials together, in nats: the sum of `log_prob_of_trials`.

        On a CPU by kernels in double precision, and much faster. Parameters may be of double
        precision; of these, the network is told in its own.
        """
        if x.device.type != "cpu":
            return self.log_prob_of_trials(theta.to(self.offset), x.to(self.offset)).sum(-1)
        told = self._told(theta.to(self.offset))
        both = torch.stack([told.mean, told.log_scale], -1)
        rows = torch.cat([both, *told.warps], -1).flatten(0, 1)
        shift = theta[..., self.shift].flatten()
        found = sets.log_density(
            x.flatten(0, 1)[..., 0], told.log_odds.flatten(), shift, rows, self.warps
        )
        return found.unflatten(0, theta.shape[:2])

    def sample(self, noise: Float[Tensor, "M B L 2"], context: Float[Tensor, "M B D"]) -> Sample:
        """Trials: the positive response where the uniform noise is below its chance."""
        told = self._told(context)
        uniform, z = noise.unbind(-1)
        positive = uniform < torch.sigmoid(told.log_odds)[..., None]
        total = -0.5 * (z.square() + math.log(2 * math.pi))
        for warp, params in zip(reversed(self.warps), reversed(told.warps), strict=True):
            z, log_slope = warp.inverse(z, _of(params, positive))
            total = total - log_slope
        log_scale = _of(told.log_scale, positive)
        log_time = z * (-log_scale).exp() + _of(told.mean, positive)
        sign, shift = torch.where(positive, 1.0, -1.0), told.shift[..., None]
        time = torch.maximum(shift + log_time.exp(), torch.nextafter(shift, shift + 1))
        chance = logsigmoid(sign * told.log_odds[..., None])
        return Sample((sign * time)[..., None], chance + total + log_scale - log_time)

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L 2"]:
        """Uniform and normal noise for `rows` contexts, each member's from its own generator."""
        shape = rows, n, 1
        return torch.stack(
            [
                torch.cat([torch.rand(shape, generator=rng), torch.randn(shape, generator=rng)], -1)
                for rng in rngs
            ]
        )

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """How strongly each hidden weight decays; see `Flow.decay`."""
        hidden = [self.project.weight, *self.network.hidden()]
        return dict.fromkeys(hidden, torch.tensor(self.weight_decay))

    def _told(self, theta: Float[Tensor, "M B D"]) -> Told:
        context = self.standardize(theta[..., at(self.others, theta.device)])
        if self.training:
            self.masks.draw(context.shape[1], context.device)
        told = self.network(context[..., :0], self.project(context))
        log_odds, rest = told.split([1, told.shape[-1] - 1], dim=-1)
        mean, raw, *warps = rest.unflatten(-1, (2, -1)).split([1, 1, *self.sizes], dim=-1)
        regressed = context @ self.slope + self.offset
        return Told(
            log_odds[..., 0] + self.log_odds,
            theta[..., self.shift],
            regressed + self.sd * mean[..., 0],
            softclip(raw[..., 0], MOST) - self.sd.log(),
            warps,
        )


def _of(each: Float[Tensor, "M B 2 *P"], positive: Bool[Tensor, "M B T"]) -> Float[Tensor, "..."]:
    """Of both responses' values, those of the response of each trial."""
    which = positive.long().reshape(*positive.shape, *[1] * (each.ndim - 3))
    return each.take_along_dim(which, 2)

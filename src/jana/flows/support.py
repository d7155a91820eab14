"""The exact support of a target: a bijection between its bounds and the whole space."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..networks.places import at
from . import truncated
from .warps import softclip

Values = Float[Tensor, "M B D"]
LogDet = Float[Tensor, "M B"]
Context = Float[Tensor, "M B C"]
BEND = 3.0  # standard deviations from a bound within which posteriors depend on it
REACH = 35.0  # standard deviations that the centre of an interval's Gaussian may lie beyond it


class Support(nn.Module):
    """Coordinate by coordinate: identity, log distance from a bound, or a truncated Gaussian.

    A coordinate with two bounds is carried to a standard normal one by the distribution function
    of a Gaussian that is cut off at the bounds. Its centre is linear in the context and its width
    constant, fitted to the training data by maximum likelihood; before that it is so wide that
    it is uniform. So where data pin a parameter down, the map is a shift and a scale, and the
    bounds bend nothing; near a bound, the posterior's sharp edge becomes a normal tail.

    An angle, which goes round from high to low, is first turned by where on the circle the context
    puts it, by a regression of its cosine and sine: so the cut lies opposite to that place, where
    there is least mass, and what is left is a coordinate with two bounds. Nothing is stretched.

    No draw can fall outside [low, high): what rounds onto the upper bound is set to the number
    before it. The log density of such a draw is that of its latent; asked for again it is that
    of the nearest number that single precision can tell from the bound.

    Args:
        low: Least value of each coordinate, -inf where there is none.
        high: Bound above each coordinate, inf where there is none.
        context: Number of context features C.
        circular: Places of the coordinates that are angles, from -pi to pi.
    """

    def __init__(
        self,
        low: Float[Tensor, " D"],
        high: Float[Tensor, " D"],
        context: int,
        circular: Sequence[int] = (),
    ):
        super().__init__()
        if not (low < high).all():
            raise ValueError(f"bounds need low < high, not {low.tolist()} and {high.tolist()}")
        self.circular = list(circular)
        self.register_buffer("turn", torch.zeros(2, context, len(circular), dtype=torch.float64))
        self.register_buffer("toward", torch.zeros(2, len(circular), dtype=torch.float64))
        self.register_buffer("low", low)
        self.register_buffer("high", high)
        self.register_buffer("below_high", torch.nextafter(high, low))
        finite = low.isfinite().int() + 2 * high.isfinite().int()
        self.kinds = {  # the coordinates of each kind: which bounds are finite
            kind: (finite == kind).nonzero().flatten().tolist() for kind in set(finite.tolist())
        }
        box = self.kinds.get(BOTH, [])
        width = (high - low)[box].double()
        self.register_buffer("slope", torch.zeros(context, len(box), dtype=torch.float64))
        self.register_buffer("offset", (low[box].double() + high[box].double()) / 2)
        self.register_buffer("sd", 1000 * width)

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "N D"], context: Float[Tensor, "N C"]) -> None:
        """Fits the Gaussians of the coordinates with two bounds."""
        box = self.kinds.get(BOTH, [])
        if self.circular:
            angle = x[:, self.circular].double()
            design = torch.cat([context, torch.ones_like(context[:, :1])], -1).double()
            aims = torch.cat([angle.cos(), angle.sin()], -1)
            found = torch.linalg.lstsq(design.cpu(), aims.cpu(), driver="gelsd").solution.to(aims)
            slopes = found.unflatten(-1, (2, -1)).movedim(1, 0)
            self.turn.copy_(slopes[:, :-1])
            self.toward.copy_(slopes[:, -1])
            x = self._turned(x[None], context[None], -1.0)[0]
        if box:
            bounds = self.low[box].double(), self.high[box].double()
            found = truncated.regression(x[:, box].double(), context.double(), *bounds)
            for buffer, value in zip((self.slope, self.offset, self.sd), found, strict=True):
                buffer.copy_(value)

    def forward(self, x: Values, context: Context) -> tuple[Values, LogDet]:
        """Maps x to the whole space; also log |det|, which is -inf outside the bounds."""
        if set(self.kinds) == {NEITHER}:
            return x, x.new_zeros(x.shape[:2])
        inside = ((x >= self.low) & (x < self.high)).all(-1)
        x = self._turned(x, context, -1.0)
        z, log_slope = self._by_kind("forward", x, context)
        return z, log_slope.masked_fill(~inside, -math.inf)

    def inverse(self, z: Values, context: Context) -> tuple[Values, LogDet]:
        """Maps z into the bounds; also log |det|."""
        if set(self.kinds) == {NEITHER}:
            return z, z.new_zeros(z.shape[:2])
        x, log_slope = self._by_kind("inverse", z, context)
        x = torch.minimum(torch.maximum(x, self.low), self.below_high)
        return self._turned(x, context, 1.0), log_slope

    def _turned(self, x: Values, context: Context, sign: float) -> Values:
        """Angles less where the context puts them (or more, with a sign of 1), within bounds."""
        if not self.circular:
            return x
        cosine, sine = context.double()[None] @ self.turn[:, None] + self.toward[:, None, None]
        where = at(self.circular, x.device)
        angle = x[..., where].double() + sign * torch.atan2(sine, cosine)
        low, high = self.low[where], self.below_high[where]
        angle = (torch.remainder(angle + math.pi, 2 * math.pi) - math.pi).to(x)
        x = x.clone()
        x[..., where] = torch.minimum(torch.maximum(angle, low), high)
        return x

    @property
    def n_edges(self) -> int:
        """How many features `edges` gives."""
        return 2 * len(self.kinds.get(BOTH, []))

    def edges(self, context: Context) -> Float[Tensor, "M B E"]:
        """Where the bounds cut each interval's Gaussian, in its standard deviations, bent.

        Close to a bound a posterior changes within a standard deviation, which may be a small
        part of the context's range, and far from it not at all: these say which it is.
        """
        centre, box = self._centre(context), at(self.kinds[BOTH], context.device)
        cuts = [softclip((edge[box] - centre) / self.sd, BEND) for edge in (self.low, self.high)]
        return torch.cat(cuts, -1).to(context)

    def _by_kind(self, direction: str, value: Values, context: Context) -> tuple[Values, LogDet]:
        mapped, total = torch.empty_like(value), 0.0
        for kind, places in self.kinds.items():
            where = at(places, value.device)
            low, high = self.low[where], self.high[where]
            if kind == BOTH:
                scale = self._centre(context), self.sd
                run = {"forward": truncated.to_normal, "inverse": truncated.from_normal}[direction]
                mapped[..., where], slope = run(value[..., where], low, high, *scale)
            else:
                mapped[..., where], slope = _HALF_OPEN[direction][kind](
                    value[..., where], low, high
                )
            total = total + slope.sum(-1)
        return mapped, total

    def _centre(self, context: Context) -> Float[Tensor, "M B K"]:
        """Of each truncated Gaussian, no farther out than its mass can be computed."""
        box = at(self.kinds[BOTH], context.device)
        centre, reach = context.double() @ self.slope + self.offset, REACH * self.sd
        low, high = self.low[box].double() - reach, self.high[box].double() + reach
        return torch.minimum(torch.maximum(centre, low), high)


def _identity(value: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    return value, torch.zeros_like(value)


def _log_above(x: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    z = (x - low).clamp(min=torch.finfo(x.dtype).tiny).log()
    return z, -z


def _exp_above(z: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    return low + z.exp(), z


def _log_below(x: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    z, log_slope = _log_above(high - x, torch.zeros_like(low), high)
    return -z, log_slope


def _exp_below(z: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    return high - (-z).exp(), -z


NEITHER, LOWER, UPPER, BOTH = range(4)  # which bounds are finite
_HALF_OPEN = {
    "forward": {NEITHER: _identity, LOWER: _log_above, UPPER: _log_below},
    "inverse": {NEITHER: _identity, LOWER: _exp_above, UPPER: _exp_below},
}

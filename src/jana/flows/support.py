"""The exact support of a target: a bijection between its bounds and the whole space."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

Values = Float[Tensor, "M B D"]
LogDet = Float[Tensor, "M B"]
HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Support(nn.Module):
    """Coordinate by coordinate: identity, log distance from a bound, or probit of an interval.

    The probit carries a uniform coordinate to a standard normal one, so that a posterior cut
    off at the prior's edge gets a normal tail and not a logistic one. No draw can fall outside
    [low, high): what rounds onto the upper bound is set to the number before it. The log
    density of such a draw is that of its latent; asked for again it is that of the nearest
    number that single precision can tell from the bound (about 5.4 standard deviations out).

    Args:
        low: Least value of each coordinate, -inf where there is none.
        high: Bound above each coordinate, inf where there is none.
    """

    def __init__(self, low: Float[Tensor, " D"], high: Float[Tensor, " D"]):
        super().__init__()
        if not (low < high).all():
            raise ValueError(f"bounds need low < high, not {low.tolist()} and {high.tolist()}")
        self.register_buffer("low", low)
        self.register_buffer("high", high)
        self.register_buffer("below_high", torch.nextafter(high, low))
        finite = (low.isfinite().int() + 2 * high.isfinite().int()).tolist()
        self.kinds = [(kind, finite.count(kind)) for kind in sorted(set(finite))]
        # Coordinates of one kind lie together while they are mapped.
        order = torch.tensor(finite).argsort(stable=True)
        self.register_buffer("order", order)
        self.register_buffer("back", order.argsort())

    def forward(self, x: Values) -> tuple[Values, LogDet]:
        """Maps x to the whole space; also log |det|, which is -inf outside the bounds."""
        if self._unbounded:
            return x, x.new_zeros(x.shape[:2])
        inside = ((x >= self.low) & (x < self.high)).all(-1)
        z, log_slope = self._by_kind(_TO_REAL, x)
        return z, log_slope.sum(-1).masked_fill(~inside, -math.inf)

    def inverse(self, z: Values) -> tuple[Values, LogDet]:
        """Maps z into the bounds; also log |det|."""
        if self._unbounded:
            return z, z.new_zeros(z.shape[:2])
        x, log_slope = self._by_kind(_FROM_REAL, z)
        return torch.minimum(torch.maximum(x, self.low), self.below_high), log_slope.sum(-1)

    @property
    def _unbounded(self) -> bool:
        return [kind for kind, _ in self.kinds] == [0]

    def _by_kind(self, maps: dict, value: Values) -> tuple[Tensor, Tensor]:
        counts = [count for _, count in self.kinds]
        columns = zip(
            (kind for kind, _ in self.kinds),
            value[..., self.order].split(counts, -1),
            self.low[self.order].split(counts),
            self.high[self.order].split(counts),
            strict=True,
        )
        mapped = [maps[kind](*column) for kind, *column in columns]
        values, slopes = (torch.cat(part, -1)[..., self.back] for part in zip(*mapped, strict=True))
        return values, slopes


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


def _probit(x: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    # From the nearer bound, where the difference is exact.
    upper = x - low > high - x
    distance = torch.where(upper, high - x, x - low) / (high - low)
    z = torch.special.ndtri(distance.clamp(min=torch.finfo(x.dtype).eps / 4))
    log_slope = 0.5 * z.square() + HALF_LOG_2PI - (high - low).log()
    return torch.where(upper, -z, z), log_slope


def _normal_share(z: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    # erfc, as torch.special.ndtr has no relative accuracy in its tail.
    distance = (high - low) * 0.5 * torch.erfc(z.abs() / math.sqrt(2))
    log_slope = (high - low).log() - 0.5 * z.square() - HALF_LOG_2PI
    return torch.where(z > 0, high - distance, low + distance), log_slope


# By which bounds are finite: none, the lower, the upper, both.
_TO_REAL = {0: _identity, 1: _log_above, 2: _log_below, 3: _probit}
_FROM_REAL = {0: _identity, 1: _exp_above, 2: _exp_below, 3: _normal_share}

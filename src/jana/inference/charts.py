"""The whole space in place of the parameters' support, for each data set by what is known of it.

A parameter with two bounds is carried to a standard normal one by the distribution function of a
Gaussian that is cut off there, fitted to draws of about the same posterior: where these keep clear
of the bounds, that is a shift and a scale; where they press against one, the edge becomes a tail.
A logistic map would bend the first, and make of the second a long one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ..flows import truncated
from ..flows.support import REACH

FAR = 6.0  # standard normal

Rows = Float[Tensor, "R D"]


class Chart(NamedTuple):
    """A map for each row.

    Attributes:
        low: Least values, -inf where there is none.
        high: Bounds above, inf where there is none.
        centre: Of the Gaussian before it is cut off; where there are two bounds.
        sd: Its standard deviation.
    """

    low: Rows
    high: Rows
    centre: Rows
    sd: Rows

    def of(self, which: Tensor | slice) -> "Chart":
        """Those of some rows, or of rows as often as they are named."""
        return Chart(*(part[which] for part in self))


def fitted(
    low: Float[Tensor, " D"], high: Float[Tensor, " D"], draws: Float[Tensor, "L D"]
) -> Chart:
    """The one row for draws of a posterior, in double precision."""
    box = (low.isfinite() & high.isfinite()).nonzero().flatten()
    centre, sd = torch.zeros_like(low), torch.ones_like(low)
    if len(box):
        nothing = draws[:, :0]
        found = truncated.regression(draws[:, box], nothing, low[box], high[box])
        centre[box], sd[box] = _in_reach(low[box], high[box], found.offset, found.sd)
    return Chart(*(part[None] for part in (low, high, centre, sd)))


def _in_reach(low: Tensor, high: Tensor, centre: Tensor, sd: Tensor) -> tuple[Tensor, Tensor]:
    """Gaussians whose centre is not so far beyond a bound that nothing of their mass is left.

    Draws that fall off from a bound as an exponential does are fitted by one that is ever farther
    away and ever wider. At `REACH` it falls off as fast there, and is as good as exponential.
    """
    beyond = torch.maximum(low - centre, centre - high) / sd
    near = beyond.clamp(max=REACH)
    narrow = sd * torch.where(beyond > REACH, REACH / beyond, 1.0)
    edge = torch.where(centre < low, low - near * narrow, high + near * narrow)
    return torch.where(beyond > REACH, edge, centre), narrow


def stacked(charts: Sequence[Chart]) -> Chart:
    """Row below row."""
    return Chart(*(torch.cat(parts) for parts in zip(*charts, strict=True)))


def inside(u: Rows, chart: Chart) -> tuple[Rows, Float[Tensor, " R"]]:
    """Carries the whole space to the parameters; also log |det|."""
    low, high, centre, sd = chart
    below, above = low.isfinite(), high.isfinite()
    both = below & above
    # Where a map is not taken its numbers are harmless, so that no NaN comes from its gradient.
    edges = torch.where(both, low, -1.0), torch.where(both, high, 1.0)
    found, log_slope = truncated.from_normal(torch.where(both, u, 0.0), *edges, centre, sd)
    one_side = torch.where(below ^ above, u, 0.0)
    upwards = torch.where(below, low, 0.0) + one_side.exp()
    downwards = torch.where(above, high, 0.0) - (-one_side).exp()
    found = torch.where(both, found, torch.where(below, upwards, torch.where(above, downwards, u)))
    log_slope = torch.where(both, log_slope, torch.where(below, one_side, -one_side))
    return found, log_slope.sum(-1)


def outside(theta: Rows, chart: Chart) -> Rows:
    """The way back; between two bounds, to `FAR` at most, as rounding carries draws onto them.

    Raises:
        ValueError: If parameters are not within their bounds.
    """
    low, high, centre, sd = chart
    bad = ~((theta >= low) & (theta <= high)).all(-1)
    if bad.any():
        row = int(bad.nonzero()[0])
        raise ValueError(
            f"parameters must lie within their bounds, but {int(bad.sum())} of {len(theta)} rows "
            f"do not, first row {row} with {theta[row].tolist()}, between {low[row].tolist()} and "
            f"{high[row].tolist()}"
        )
    below, above, tiny = low.isfinite(), high.isfinite(), torch.finfo(theta.dtype).tiny
    both = below & above
    edges = torch.where(both, low, -1.0), torch.where(both, high, 1.0)
    found = truncated.to_normal(torch.where(both, theta, 0.0), *edges, centre, sd)[0]
    found = found.clamp(-FAR, FAR)
    upwards, downwards = (theta - low).clamp(tiny).log(), -(high - theta).clamp(tiny).log()
    return torch.where(
        both, found, torch.where(below, upwards, torch.where(above, downwards, theta))
    )

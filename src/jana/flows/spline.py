"""The rational-quadratic warp.

Reference: Durkan et al. (2019), arXiv:1906.04032; inverse as in their appendix A.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from .fused import Kind
from .warps import Params, Values, softclip


class Bin(NamedTuple):
    """The bin a value lies in."""

    left: Tensor  # edge along x
    bottom: Tensor  # edge along z
    width: Tensor
    height: Tensor
    start: Tensor  # slope at the left edge
    end: Tensor  # slope at the right edge


@dataclass(frozen=True)
class Spline:
    """A monotone spline on [-bound, bound], the identity outside, smooth where they meet.

    Attributes:
        bins: Number of bins; 3 * bins - 1 parameters.
        bound: Half width of the interval, in the units of the values.
        least: Least slope, 1e-6 or more; its inverse bounds the slopes and the ratio of bin sizes.
    """

    bins: int = 8
    bound: float = 5.0
    least: float = 1e-3

    @property
    def pieces(self) -> tuple[int, ...]:
        """Widths, heights and inner slopes, from one network."""
        return (3 * self.bins - 1,)

    @property
    def kind(self) -> Kind:
        """As the kernels know it."""
        return Kind(False, self.bins, self.bound, -math.log(self.least))

    def forward(self, x: Values, params: Params) -> tuple[Values, Values]:
        """Data to latent."""
        if self.kind.takes(x, params):
            return self.kind.forward(x, params)
        # Clamped before the search, so that the branch masked below gives no NaN gradient.
        value = x.clamp(-self.bound, self.bound)
        bin_ = self._find(value, params, axis=0)
        z, log_slope = rise(bin_, value)
        inside = value == x
        return torch.where(inside, z, x), torch.where(inside, log_slope, 0.0)

    def inverse(self, z: Values, params: Params) -> tuple[Values, Values]:
        """Latent to data."""
        if self.kind.takes(z, params, backwards=True):
            return self.kind.inverse(z, params)
        value = z.clamp(-self.bound, self.bound)
        bin_ = self._find(value, params, axis=1)
        x, log_slope = run(bin_, value)
        inside = value == z
        return torch.where(inside, x, z), torch.where(inside, log_slope, 0.0)

    def _find(self, value: Values, params: Params, axis: int) -> Bin:
        """The bin that holds each value; the values lie along x (axis 0) or z (axis 1)."""
        limit = -math.log(self.least)
        sizes, slopes = params.split([2 * self.bins, self.bins - 1], dim=-1)
        knots = self._knots(softclip(sizes, limit / 2).unflatten(-1, (2, self.bins)))
        slopes = pad(softclip(slopes, limit), (1, 1)).exp()
        index = (knots[..., axis, 1:-1] <= value[..., None]).sum(-1, keepdim=True)
        ends = torch.cat([index, index + 1], dim=-1)
        corners = knots.gather(-1, ends[..., None, :].expand(*knots.shape[:-1], 2))
        left, right, bottom, top = corners.flatten(-2).unbind(-1)
        start, end = slopes.gather(-1, ends).unbind(-1)
        return Bin(left, bottom, right - left, top - bottom, start, end)

    def _knots(self, raw: Tensor) -> Tensor:
        """Positions of the bins + 1 knots along the last axis: along x, and along z."""
        sizes = raw.softmax(-1)
        # The last knot is set, not summed: rounding may not open a gap at the bound.
        inner = sizes[..., :-1].cumsum(-1) * (2 * self.bound) - self.bound
        return pad(pad(inner, (1, 0), value=-self.bound), (0, 1), value=self.bound)


def rise(bin_: Bin, x: Tensor) -> tuple[Tensor, Tensor]:
    """Where x within its bin is carried to, and the log slope there."""
    share = (x - bin_.left) / bin_.width
    steepness = bin_.height / bin_.width
    mixed = share * (1 - share)
    below = torch.addcmul(steepness, bin_.start + bin_.end - 2 * steepness, mixed)
    z = bin_.bottom + bin_.height * share * (steepness * share + bin_.start * (1 - share)) / below
    return z, _log_slope(bin_, share, steepness, mixed, below)


def run(bin_: Bin, z: Tensor) -> tuple[Tensor, Tensor]:
    """What is carried to z within its bin, and the log slope of that way back."""
    steepness = bin_.height / bin_.width
    bend, risen = bin_.start + bin_.end - 2 * steepness, z - bin_.bottom
    a = bin_.height * (steepness - bin_.start) + risen * bend
    b = bin_.height * bin_.start - risen * bend
    c = -steepness * risen
    root = (b.square() - 4 * a * c).clamp(min=1e-30).sqrt()  # a root of 0 has no gradient
    share = (2 * c / (-b - root)).clamp(0, 1)
    mixed = share * (1 - share)
    below = torch.addcmul(steepness, bend, mixed)
    return bin_.left + share * bin_.width, -_log_slope(bin_, share, steepness, mixed, below)


def _log_slope(bin_: Bin, share: Tensor, steepness: Tensor, mixed: Tensor, below: Tensor) -> Tensor:
    """log dz/dx at a share of the way through the bin."""
    end, start = bin_.end * share.square(), bin_.start * (1 - share).square()
    above = end + 2 * steepness * mixed + start
    return (steepness.square() * above / below.square()).log()

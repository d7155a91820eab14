"""The layers that the paper's networks were made of, as BayesFlow had them in June 2023.

Kept beside ours so that the published results can be checked; re-implemented from their
description.

Reference: Radev et al. (2023), arXiv:2302.09125; its couplings are those of Ardizzone et al.
(2019), arXiv:1907.02392, and Durkan et al. (2019), arXiv:1906.04032.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import pad, softplus

from .fused import Kind
from .spline import Bin, rise, run
from .warps import Affine, Params, Values

LEAST = 1e-4  # of a bin's width, height or slope

LogDet = Float[Tensor, "M B"]
NoFeatures = Float[Tensor, "M B 0"]


CLAMP = 1.9  # where log scales bend


def clamped(raw: Tensor) -> Tensor:
    """A log scale bent by an arc tangent: below `CLAMP`, with a slope of 2 / pi at zero, not 1."""
    return (2 * CLAMP / math.pi) * (raw / CLAMP).arctan()


# Log scale and shift come from a network each.
CLAMPED_AFFINE = Affine(clamped, pieces=(1, 1))


@dataclass(frozen=True)
class FreeSpline:
    """A rational-quadratic spline in a box whose edges move; a straight line outside of it.

    By coordinate: left edge, lower edge, widths, heights, inner slopes. The line goes on with the
    box's height over its width, which is the slope at both edges. Zeros give the identity.

    Attributes:
        bins: Number of bins K; 3 K + 1 parameters.
        bound: Half width and half height of the box where the parameters are zero.
    """

    bins: int = 16
    bound: float = 5.0

    @property
    def pieces(self) -> tuple[int, ...]:
        """Edges, widths, heights and inner slopes, from one network."""
        return (3 * self.bins + 1,)

    @property
    def kind(self) -> Kind:
        """As the kernels know it."""
        return Kind(True, self.bins, self.bound, LEAST)

    def forward(self, x: Values, params: Params) -> tuple[Values, Values]:
        """Data to latent."""
        if self.kind.takes(x, params):
            return self.kind.forward(x, params)
        return self._apply(rise, x, params, axis=0)

    def inverse(self, z: Values, params: Params) -> tuple[Values, Values]:
        """Latent to data."""
        if self.kind.takes(z, params, backwards=True):
            return self.kind.inverse(z, params)
        return self._apply(run, z, params, axis=1)

    def _apply(self, within, value, params, axis) -> tuple[Values, Values]:  # noqa: ANN001
        knots, slopes = self._knots(params)
        first, last = knots[..., axis, 0], knots[..., axis, -1]
        # Clamped before the search, so that the branch masked below gives no NaN gradient.
        inner = torch.minimum(torch.maximum(value, first), last)
        index = (knots[..., axis, 1:-1] <= inner[..., None]).sum(-1, keepdim=True)
        ends = torch.cat([index, index + 1], dim=-1)
        corners = knots.gather(-1, ends[..., None, :].expand(*knots.shape[:-1], 2))
        left, right, bottom, top = corners.flatten(-2).unbind(-1)
        start, end = slopes.gather(-1, ends).unbind(-1)
        found, log_slope = within(Bin(left, bottom, right - left, top - bottom, start, end), inner)
        steepness = slopes[..., 0] if axis == 0 else 1 / slopes[..., 0]
        # Within the box the second term is 0; outside the first is the nearer corner.
        outside = value != inner
        return (
            found + steepness * (value - inner),
            torch.where(outside, steepness.log(), log_slope),
        )

    def _knots(self, params: Params) -> tuple[Tensor, Tensor]:
        """Knots (..., 2, K + 1), along x and along z, and the slopes there (..., K + 1)."""
        edges, sizes, inner = params.split([2, 2 * self.bins, self.bins - 1], dim=-1)
        width = 2 * self.bound / self.bins
        sizes = _positive(sizes + math.log(math.expm1(width))).unflatten(-1, (2, self.bins))
        knots = (edges - self.bound)[..., None] + pad(sizes.cumsum(-1), (1, 0))
        whole = sizes.sum(-1)
        edge = (whole[..., 1] / whole[..., 0])[..., None]
        slopes = torch.cat([edge, _positive(inner + math.log(math.e - 1)), edge], dim=-1)
        return knots, slopes


def _positive(raw: Tensor) -> Tensor:
    """Softplus, kept where single precision still tells knots apart (training never goes there)."""
    return softplus(raw).clamp(min=LEAST)


class Scale(nn.Module):
    """z = x * s + b, with s and b learned; starts as the identity."""

    n_features = 0

    def __init__(self, rngs: Sequence[Generator], dim: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(len(rngs), 1, dim))
        self.shift = nn.Parameter(torch.zeros(len(rngs), 1, dim))

    def forward(self, x: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        return x * self.scale + self.shift, self._log_det().expand(x.shape[:2])

    def inverse(self, z: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        return (z - self.shift) / self.scale, -self._log_det().expand(z.shape[:2])

    def weights(self) -> list[nn.Parameter]:
        """Scale and shift."""
        return [self.scale, self.shift]

    def _log_det(self) -> Float[Tensor, "M 1"]:
        return self.scale.abs().log().sum(-1)


class Rotation(nn.Module):
    """z = x W, with W orthogonal at the start and free afterwards."""

    n_features = 0

    def __init__(self, rngs: Sequence[Generator], dim: int):
        super().__init__()
        draws = torch.stack([torch.randn(dim, dim, generator=rng) for rng in rngs])
        q, r = torch.linalg.qr(draws)
        # The signs make it uniform over all orthogonal matrices.
        turned = q * r.diagonal(dim1=-2, dim2=-1).sign()[:, None]
        self.matrix = nn.Parameter(turned.contiguous())

    def forward(self, x: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        return x @ self.matrix, self._log_det().expand(x.shape[:2])

    def inverse(self, z: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        x = torch.linalg.solve(self.matrix, z, left=False)
        return x, -self._log_det().expand(z.shape[:2])

    def weights(self) -> list[nn.Parameter]:
        """The matrix."""
        return [self.matrix]

    def _log_det(self) -> Float[Tensor, "M 1"]:
        return self.matrix.slogdet().logabsdet[:, None]

"""Layers that warp coordinates, told how by networks.

A layer takes, beside the values, its own piece of the projected context: `n_features` numbers
per row, which it adds to the first hidden layers of its networks. `Flow` makes the projection
once for all layers, and when it draws, once per data set instead of once per draw.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from ..networks.mlp import MLP
from .warps import Warp

Values = Float[Tensor, "M B D"]
Features = Float[Tensor, "M B F"]
LogDet = Float[Tensor, "M B"]


class Coupling(nn.Module):
    """A two-sided coupling: the second half tells how to warp the first, then the other way.

    Every coordinate is warped. What tells passes through unchanged, so each side is inverted
    with the same single network call, and its Jacobian is triangular.

    Reference: Dinh, Sohl-Dickstein & Bengio (2017), arXiv:1605.08803; two-sided as in Radev et
    al. (2023), arXiv:2302.09125.

    Args:
        rngs: One generator per member.
        dim: Number of coordinates D, at least 2.
        warp: How one coordinate is mapped, given its parameters.
        hidden: Widths of the hidden layers.
    """

    def __init__(self, rngs: Sequence[Generator], dim: int, warp: Warp, hidden: Sequence[int]):
        super().__init__()
        if dim < 2:
            raise ValueError(
                f"a coupling layer needs 2 coordinates or more, not {dim}: use Elementwise"
            )
        self.warp = warp
        self.sizes = [dim // 2, dim - dim // 2]
        self.n_features = 2 * hidden[0]
        self.networks = nn.ModuleList(
            MLP(rngs, told, warped * warp.n_params, hidden)
            for warped, told in (self.sizes, self.sizes[::-1])
        )

    def forward(self, x: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        return self._warped((0, 1), self.warp.forward, x, features)

    def inverse(self, z: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        return self._warped((1, 0), self.warp.inverse, z, features)

    def _warped(self, order, direction, value, features) -> tuple[Tensor, Tensor]:  # noqa: ANN001
        halves = list(value.split(self.sizes, dim=-1))
        offsets = features.chunk(2, dim=-1)
        log_det = 0.0
        for side in order:
            params = self.networks[side](halves[1 - side], offsets[side])
            params = params.unflatten(-1, (-1, self.warp.n_params))
            halves[side], log_slope = direction(halves[side], params)
            log_det = log_det + log_slope.sum(-1)
        return torch.cat(halves, dim=-1), log_det


class Elementwise(nn.Module):
    """Each coordinate warped by itself, told by the context alone: for targets of one dimension.

    Args:
        rngs: One generator per member.
        dim: Number of coordinates D, 1 or more.
        warp: How one coordinate is mapped, given its parameters.
        hidden: Widths of the hidden layers.
    """

    def __init__(self, rngs: Sequence[Generator], dim: int, warp: Warp, hidden: Sequence[int]):
        super().__init__()
        self.warp = warp
        self.n_features = hidden[0]
        self.network = MLP(rngs, 0, dim * warp.n_params, hidden)

    def forward(self, x: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        z, log_slope = self.warp.forward(x, self._params(features))
        return z, log_slope.sum(-1)

    def inverse(self, z: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        x, log_slope = self.warp.inverse(z, self._params(features))
        return x, log_slope.sum(-1)

    def _params(self, features: Features) -> Tensor:
        params = self.network(features[..., :0], features)
        return params.unflatten(-1, (-1, self.warp.n_params))

"""A normal distribution whose mean and covariance a network tells: the layer nearest to data."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from ..networks.mlp import MLP, Style, hidden_weights
from .warps import softclip

MOST = 14.0  # of a log scale: data of a millionth of their overall spread, and no overflow

Values = Float[Tensor, "M B D"]
Features = Float[Tensor, "M B F"]
LogDet = Float[Tensor, "M B"]


class Gaussian(nn.Module):
    """z = L(c) (x - m(c)), with L lower triangular and positive on its diagonal.

    A coupling tells how one half is warped from the other half and the context. Where the data are
    nearly normal, with a mean and a covariance that vary with the context, that conditional is a
    harder function than mean and covariance are: this layer learns those, and couplings
    beneath it what is not normal.

    Args:
        rngs: One generator per member.
        dim: Number of coordinates D.
        context: Number of context features C.
        style: Of the network.
    """

    def __init__(self, rngs: Sequence[Generator], dim: int, context: int, style: Style):
        super().__init__()
        below = torch.tril_indices(dim, dim, -1)
        self.dim, self.decay = dim, style.decay
        self.register_buffer("below", below, persistent=False)
        outputs, width = 2 * dim + below.shape[1], style.hidden[0]
        self.network = MLP(rngs, 0, context, outputs, style)
        told = hidden_weights(rngs, context, width, style.start)
        # The context goes straight to the outputs too, so that the network need not learn what is
        # linear in it. These weights decay with the others: towards the regression before them.
        straight = torch.zeros(len(rngs), context, outputs)
        self.start = torch.cat([told, straight], dim=2)
        self.sizes = [width, outputs]
        self.n_features = sum(self.sizes)

    def forward(self, x: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        mean, log_scale, below = self._told(features)
        z = (x - mean) * log_scale.exp()
        return z + (below @ z[..., None])[..., 0], log_scale.sum(-1)

    def inverse(self, z: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        mean, log_scale, below = self._told(features)
        # The diagonal is taken to be ones, and is not read.
        z = torch.linalg.solve_triangular(below, z[..., None], upper=False, unitriangular=True)
        return mean + z[..., 0] * (-log_scale).exp(), -log_scale.sum(-1)

    def hidden(self) -> list[nn.Parameter]:
        """Weights that decay, the context's left out."""
        return self.network.hidden()

    def _told(self, features: Features) -> tuple[Values, Values, Float[Tensor, "M B D D"]]:
        """Mean, log scales, and what is below the unit diagonal."""
        first, straight = features.split(self.sizes, dim=-1)
        told = self.network(first[..., :0], first) + straight
        mean, raw, rest = told.split([self.dim, self.dim, told.shape[-1] - 2 * self.dim], dim=-1)
        below = told.new_zeros(*told.shape[:-1], self.dim, self.dim)
        below[..., self.below[0], self.below[1]] = rest
        return mean, softclip(raw, MOST), below

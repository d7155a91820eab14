"""Layers that scale, reorder or mix coordinates, the same for every context."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.linalg import solve_triangular

Values = Float[Tensor, "M B D"]
LogDet = Float[Tensor, "M B"]
NoFeatures = Float[Tensor, "M B 0"]


class ActNorm(nn.Module):
    """z = x * exp(s) + t, with s and t learned; starts as the identity.

    The data-dependent start of Kingma & Dhariwal (2018), arXiv:1807.03039, is not needed after
    `Whitening`.
    """

    n_features = 0

    def __init__(self, rngs: Sequence[Generator], dim: int):
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(len(rngs), 1, dim))
        self.shift = nn.Parameter(torch.zeros(len(rngs), 1, dim))

    def forward(self, x: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        log_det = self.log_scale.sum(-1).expand(x.shape[:2])
        return x * self.log_scale.exp() + self.shift, log_det

    def inverse(self, z: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        log_det = -self.log_scale.sum(-1).expand(z.shape[:2])
        return (z - self.shift) * (-self.log_scale).exp(), log_det

    def weights(self) -> list[nn.Parameter]:
        """Scale and shift."""
        return [self.log_scale, self.shift]


class Permutation(nn.Module):
    """The coordinates in another order, drawn once for each member."""

    n_features = 0

    def __init__(self, rngs: Sequence[Generator], dim: int):
        super().__init__()
        order = torch.stack([torch.randperm(dim, generator=rng) for rng in rngs])[:, None]
        self.register_buffer("order", order)
        self.register_buffer("back", order.argsort(-1))

    def forward(self, x: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Reorders; the log determinant is 0."""
        return x.take_along_dim(self.order, -1), x.new_zeros(x.shape[:2])

    def inverse(self, z: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Restores the order; the log determinant is 0."""
        return z.take_along_dim(self.back, -1), z.new_zeros(z.shape[:2])

    def weights(self) -> list[nn.Parameter]:
        """None."""
        return []


class Mixing(nn.Module):
    """z = L U x, with L unit lower triangular and U upper triangular with a positive diagonal.

    Inverted by two triangular solves, never by an explicit inverse. Starts as the identity.

    Reference: Kingma & Dhariwal (2018), arXiv:1807.03039, section 3.2.
    """

    n_features = 0

    def __init__(self, rngs: Sequence[Generator], dim: int):
        super().__init__()
        self.triangles = nn.Parameter(torch.zeros(len(rngs), dim, dim))  # L below, U above
        self.log_diagonal = nn.Parameter(torch.zeros(len(rngs), dim))

    def forward(self, x: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        lower, upper = self._factors()
        return x @ (lower @ upper).mT, self._log_det(x)

    def inverse(self, z: Values, features: NoFeatures) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        lower, upper = self._factors()
        half = solve_triangular(lower, z.mT, upper=False, unitriangular=True)
        return solve_triangular(upper, half, upper=True).mT, -self._log_det(z)

    def _factors(self) -> tuple[Tensor, Tensor]:
        lower = self.triangles.tril(-1) + torch.eye(self.triangles.shape[-1]).to(self.triangles)
        return lower, self.triangles.triu(1) + self.log_diagonal.exp().diag_embed()

    def _log_det(self, value: Values) -> LogDet:
        return self.log_diagonal.sum(-1, keepdim=True).expand(value.shape[:2])

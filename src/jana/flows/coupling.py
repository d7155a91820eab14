"""Layers that warp coordinates, told how by networks.

A layer takes, beside the values, its own piece of the projected context: `n_features` numbers
per row, which it adds to the first hidden layers of its networks. `Flow` makes the projection
once for all layers, and when it draws, once per data set instead of once per draw.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from ..networks.mlp import MLP, Style, hidden_weights
from .warps import Warp

Values = Float[Tensor, "M B D"]
Features = Float[Tensor, "M B F"]
LogDet = Float[Tensor, "M B"]


class Half(NamedTuple):
    """Coordinates that are warped together.

    Attributes:
        network: What tells how.
        sees: The first of the coordinates that it sees, which follow each other.
        low: The first that is warped, of as many that follow each other.
        width: How many.
    """

    network: MLP
    sees: int
    low: int
    width: int


class Teller(nn.Module):
    """The networks that tell how some coordinates are warped: one for each of the warp's pieces.

    Networks of several pieces are alike, and computed as one.

    Args:
        rngs: One generator per member.
        told: Number of coordinates that are seen; may be 0.
        context: Number of context features C.
        warped: Number of coordinates that are warped.
        warp: How one coordinate is mapped, given its parameters.
        style: Of the networks.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        told: int,
        context: int,
        warped: int,
        warp: Warp,
        style: Style,
    ):
        super().__init__()
        self.pieces, self.warped = len(warp.pieces), warped
        copies = (self.pieces,) if self.pieces > 1 else ()
        self.network = MLP(rngs, told, context, warped * warp.pieces[0], style, copies)
        first = context, style.hidden[0], style.start, told
        starts = [hidden_weights(rngs, *first) for _ in warp.pieces]
        self.start = torch.cat(starts, dim=2)  # of the context's weights, which `Flow` holds
        self.n_features = self.start.shape[2]

    def forward(self, seen: Values, features: Features) -> Float[Tensor, "M B K P"]:
        """Parameters of each warped coordinate."""
        if self.pieces == 1:
            return self.network(seen, features).unflatten(-1, (self.warped, -1))
        offsets = features.unflatten(-1, (self.pieces, -1)).movedim(2, 1)
        again = seen[:, None].expand(-1, self.pieces, -1, -1)
        told = self.network(again.flatten(0, 1), offsets.flatten(0, 1))
        told = told.unflatten(0, (-1, self.pieces)).unflatten(-1, (self.warped, -1))
        return told.movedim(1, 3).flatten(3)  # (M, B, K, pieces * numbers of each)

    def hidden(self) -> list[nn.Parameter]:
        """Weights that decay, the context's left out."""
        return self.network.hidden()


class Coupling(nn.Module):
    """A two-sided coupling: the second half tells how to warp the first, then the other way.

    Every coordinate is warped. What tells passes through unchanged, so each side is inverted
    with the same single network call, and its Jacobian is triangular.

    Reference: Dinh, Sohl-Dickstein & Bengio (2017), arXiv:1605.08803; two-sided as in Radev et
    al. (2023), arXiv:2302.09125.

    Args:
        rngs: One generator per member.
        dim: Number of coordinates D, at least 2.
        context: Number of context features C.
        warp: How one coordinate is mapped, given its parameters.
        style: Of the networks.
    """

    def __init__(self, rngs: Sequence[Generator], dim: int, context: int, warp: Warp, style: Style):
        super().__init__()
        if dim < 2:
            raise ValueError(
                f"a coupling layer needs 2 coordinates or more, not {dim}: use Elementwise"
            )
        self.warp, self.decay = warp, style.decay
        self.sizes = [dim // 2, dim - dim // 2]
        self.tellers = nn.ModuleList(
            Teller(rngs, told, context, warped, warp, style)
            for warped, told in (self.sizes, self.sizes[::-1])
        )
        self.start = torch.cat([teller.start for teller in self.tellers], dim=2)
        self.n_features = self.start.shape[2]

    def forward(self, x: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        return self._warped((0, 1), self.warp.forward, x, features)

    def inverse(self, z: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        return self._warped((1, 0), self.warp.inverse, z, features)

    def _warped(self, order, direction, value, features) -> tuple[Tensor, Tensor]:  # noqa: ANN001
        halves = list(value.split(self.sizes, dim=-1))
        pieces = features.chunk(2, dim=-1)
        log_det = 0.0
        for side in order:
            params = self.tellers[side](halves[1 - side], pieces[side])
            halves[side], log_slope = direction(halves[side], params)
            log_det = log_det + log_slope.sum(-1)
        return torch.cat(halves, dim=-1), log_det

    def halves(self) -> list[Half]:
        """In the order of `forward`; what the second sees has been warped."""
        networks, (first, second) = [teller.network for teller in self.tellers], self.sizes
        return [Half(networks[0], first, 0, first), Half(networks[1], 0, first, second)]

    def hidden(self) -> list[nn.Parameter]:
        """Weights that decay, the context's left out."""
        return [weight for teller in self.tellers for weight in teller.hidden()]


class Elementwise(nn.Module):
    """Each coordinate warped by itself, told by the context alone: for targets of one dimension.

    Args:
        rngs: One generator per member.
        dim: Number of coordinates D, 1 or more.
        context: Number of context features C.
        warp: How one coordinate is mapped, given its parameters.
        style: Of the network.
    """

    def __init__(self, rngs: Sequence[Generator], dim: int, context: int, warp: Warp, style: Style):
        super().__init__()
        self.warp, self.decay = warp, style.decay
        self.teller = Teller(rngs, 0, context, dim, warp, style)
        self.start, self.n_features = self.teller.start, self.teller.n_features

    def forward(self, x: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        z, log_slope = self.warp.forward(x, self.teller(x[..., :0], features))
        return z, log_slope.sum(-1)

    def inverse(self, z: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps z back to x; also log |det dx/dz|."""
        x, log_slope = self.warp.inverse(z, self.teller(z[..., :0], features))
        return x, log_slope.sum(-1)

    def halves(self) -> list[Half]:
        """All coordinates are one."""
        return [Half(self.teller.network, 0, 0, self.teller.warped)]

    def hidden(self) -> list[nn.Parameter]:
        """Weights that decay, the context's left out."""
        return self.teller.hidden()

"""A summary of signed response times: what tells of a diffusion, and the bound of its shift."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from .deep_set import DeepSet
from .mlp import Style

NEAR = 0.02  # of a set's mean time above its shortest: what is nearer is told apart no further


class Responses(nn.Module):
    """(M, B, T, 1) to (M, B, C): a `DeepSet` of responses and log times, the shortest, a bound.

    A shift of all times is told by the shortest ones. So a trial is seen as its sign, its log time
    and the log of its distance from the shortest of its set, and what is handed on ends with the
    log of that shortest time and, last, the bound of the shift that it sets.

    Args:
        rngs: One generator per member.
        low: Least value of the shift; a set with a time at it or below gets NaN.
        high: Bound above the shift that holds for all data sets.
        features: Number of learned features.
        style: Of the networks.
    """

    def __init__(
        self, rngs: Sequence[Generator], low: float, high: float, features: int, style: Style
    ):
        super().__init__()
        edge = torch.full((3,), torch.inf)
        self.low, self.high = low, high
        self.deep_set = DeepSet(rngs, (-edge, edge), features, style)
        self.size = self.deep_set.size + 2
        self.masks = self.deep_set.masks

    def set_from(self, x: Float[Tensor, "N T 1"]) -> None:
        """Sets the scale of the trials from training data."""
        self.deep_set.set_from(self._seen(x)[0])

    def forward(self, x: Float[Tensor, "M B T 1"]) -> Float[Tensor, "M B C"]:
        """One row of features per set, the bound of its shift last."""
        seen, least = self._seen(x)
        cap = torch.where(least > self.low, least.clamp(max=self.high), torch.nan)
        return torch.cat([self.deep_set(seen), least.log(), cap], -1)

    def _seen(
        self, x: Float[Tensor, "*B T 1"]
    ) -> tuple[Float[Tensor, "*B T 3"], Float[Tensor, "*B 1"]]:
        """What is seen of each trial, and the shortest time of each set."""
        time = x.abs()
        least = time.amin(-2, keepdim=True)
        above = time - least
        typical = above.mean(-2, keepdim=True).clamp(min=1e-6)
        return torch.cat([x.sign(), time.log(), (above / typical + NEAR).log()], -1), least[..., 0]

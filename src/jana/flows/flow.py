"""A conditional density, as layers that carry data to a base distribution."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from ..networks.mlp import Linear
from ..networks.standardize import Standardize
from .base import Normal
from .support import Support
from .whitening import Whitening


class Sample(NamedTuple):
    """Draws, and the log density of each under the flow they came from."""

    draws: Float[Tensor, "M B L D"]
    log_prob: Float[Tensor, "M B L"]


class Flow(nn.Module):
    """p(x | context): x -> its support opened -> whitened -> layers -> base distribution.

    Args:
        rngs: One generator per member.
        support: Where x may lie.
        context: Number of context features C.
        layers: Learned maps, from data to latent.
    """

    def __init__(
        self, rngs: Sequence[Generator], support: Support, context: int, layers: list[nn.Module]
    ):
        super().__init__()
        self.dim = len(support.low)
        self.support = support
        self.standardize = Standardize(context)
        self.whitening = Whitening(self.dim, context)
        self.sizes = [layer.n_features for layer in layers]
        self.project = Linear(rngs, context, sum(self.sizes))
        self.layers = nn.ModuleList(layers)
        self.base = Normal()

    def set_from(self, x: Float[Tensor, "N D"], context: Float[Tensor, "N C"]) -> None:
        """Sets everything that is not learned from training data (for all members alike)."""
        self.standardize.set_from(context)
        opened, _ = self.support(x[None])
        self.whitening.set_from(opened[0], self.standardize(context))

    def log_prob(
        self, x: Float[Tensor, "M B D"], context: Float[Tensor, "M B C"]
    ) -> Float[Tensor, "M B"]:
        """log p(x | context), one value per row; -inf outside the support."""
        context = self.standardize(context)
        z, total = self.support(x)
        z, log_det = self.whitening(z, context)
        total = total + log_det
        features = self.project(context).split(self.sizes, dim=-1)
        for layer, piece in zip(self.layers, features, strict=True):
            z, log_det = layer(z, piece)
            total = total + log_det
        return total + self.base.log_prob(z)

    def sample(self, noise: Float[Tensor, "M B L D"], context: Float[Tensor, "M B C"]) -> Sample:
        """One draw per row of the base's `noise`; L of them for each row of the context."""
        n = noise.shape[2]
        context = self.standardize(context)
        features = self.project(context).repeat_interleave(n, dim=1).split(self.sizes, dim=-1)
        z = noise.flatten(1, 2)
        total = self.base.log_prob(z)
        for layer, piece in zip(reversed(self.layers), reversed(features), strict=True):
            z, log_det = layer.inverse(z, piece)
            total = total - log_det
        z, log_det = self.whitening.inverse(z, context.repeat_interleave(n, dim=1))
        x, log_det_support = self.support.inverse(z)
        total = total - log_det - log_det_support
        return Sample(x.unflatten(1, (-1, n)), total.unflatten(1, (-1, n)))

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L D"]:
        """Base draws for `rows` contexts, each member's from its own generator."""
        return torch.stack([self.base.sample(rng, rows, n, self.dim) for rng in rngs])

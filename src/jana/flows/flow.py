"""A conditional density, as layers that carry data to a base distribution."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from ..networks.dropout import Masks
from ..networks.mlp import Linear
from ..networks.standardize import Standardize
from .base import Base
from .chain import chains
from .support import Support
from .whitening import Whitening


class Sample(NamedTuple):
    """Draws, and the log density of each under the flow they came from."""

    draws: Float[Tensor, "M B L D"]
    log_prob: Float[Tensor, "M B L"]


class Flow(nn.Module):
    """p(x | context): x -> its support opened -> whitened -> layers -> base distribution.

    Args:
        support: Where x may lie.
        standardize: Of the context features.
        layers: Learned maps, from data to latent, one of them at least a coupling.
        base: Distribution of the latents.
    """

    def __init__(
        self, support: Support, standardize: Standardize, layers: list[nn.Module], base: Base
    ):
        super().__init__()
        self.dim = len(support.low)
        self.support = support
        self.standardize = standardize
        self.whitening = Whitening(self.dim, standardize.size)
        self.sizes = [layer.n_features for layer in layers]
        starts = [layer.start for layer in layers if layer.n_features]
        self.project = Linear(torch.cat(starts, dim=2))
        self.layers, self.chains = nn.ModuleList(layers), chains(layers)
        self.masks = Masks(self.layers)
        self.base = base
        self.fixed = False
        self.alone = False  # whether `set_from` takes the target's own scale, and no more

    def set_from(self, x: Float[Tensor, "N D"], context: Float[Tensor, "N C"]) -> None:
        """Sets everything that is not learned from training data (for all members alike).

        Does nothing to a flow that `rescale` has set.
        """
        if self.fixed:
            return
        if self.alone:
            self.whitening.standardize(x)
            return
        self.standardize.set_from(context)
        context = self.standardize(context)
        self.support.set_from(x, context)
        opened, _ = self.support(x[None], context[None])
        self.whitening.set_from(opened[0], context)

    def rescale(self, x: float, context: float) -> None:
        """Divides data and context by constants, in place of all that `set_from` would set."""
        self.fixed = True
        self.standardize.sd.fill_(context)
        self.whitening.rescale(x)

    def log_prob(
        self, x: Float[Tensor, "M B D"], context: Float[Tensor, "M B C"]
    ) -> Float[Tensor, "M B"]:
        """log p(x | context), one value per row; -inf outside the support."""
        context = self.standardize(context)
        z, total = self.support(x, context)
        z, log_det = self.whitening(z, context)
        total = total + log_det
        features = self.project(self._told(context))
        if self.training:
            self.masks.draw(x.shape[1], x.device)
        sizes = [sum(chain.sizes) for chain in self.chains]
        # To split what is one would copy its gradient.
        pieces = [features] if len(sizes) == 1 else features.split(sizes, dim=-1)
        for chain, piece in zip(self.chains, pieces, strict=True):
            z, log_det = chain(z, piece)
            total = total + log_det
        return total + self.base.log_prob(z)

    def sample(self, noise: Float[Tensor, "M B L D"], context: Float[Tensor, "M B C"]) -> Sample:
        """One draw per row of the base's `noise`; L of them for each row of the context."""
        n = noise.shape[2]
        context = self.standardize(context)
        features = self.project(self._told(context)).repeat_interleave(n, dim=1)
        features = features.split(self.sizes, dim=-1)
        z = noise.flatten(1, 2)
        total = self.base.log_prob(z)
        for layer, piece in zip(reversed(self.layers), reversed(features), strict=True):
            z, log_det = layer.inverse(z, piece)
            total = total - log_det
        context = context.repeat_interleave(n, dim=1)
        z, log_det = self.whitening.inverse(z, context)
        x, log_det_support = self.support.inverse(z, context)
        total = total - log_det - log_det_support
        return Sample(x.unflatten(1, (-1, n)), total.unflatten(1, (-1, n)))

    def _told(self, context: Float[Tensor, "M B C"]) -> Float[Tensor, "M B F"]:
        """What the layers' networks are given: the context, and where bounds cut."""
        if not self.support.n_edges:
            return context
        return torch.cat([context, self.support.edges(context)], -1)

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L D"]:
        """Base draws for `rows` contexts, each member's from its own generator."""
        return torch.stack([self.base.sample(rng, rows, n, self.dim) for rng in rngs])

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """How strongly each hidden weight decays: the factor of its square in the loss.

        The factors broadcast to the weights; weights that do not decay are left out.
        """
        layers = [layer for layer in self.layers if layer.n_features]
        columns = [torch.full((layer.n_features,), layer.decay) for layer in layers]
        found = {self.project.weight: torch.cat(columns)}
        for layer in layers:
            found |= dict.fromkeys(layer.hidden(), torch.tensor(layer.decay))
        return found

"""Dropout whose masks come from generators that are passed in, one per member."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn


class Dropout(nn.Module):
    """Leaves out a share of the features in training, and scales the others up to make up for it.

    Reference: Srivastava et al. (2014), JMLR 15.

    Args:
        share: Of the features that are left out, from 0 to below 1.
    """

    def __init__(self, share: float):
        super().__init__()
        if not 0 <= share < 1:
            raise ValueError(f"dropout needs a share from 0 to below 1, not {share}")
        self.keep = 1 - share
        self.rngs: list[Generator] = []

    def forward(self, h: Float[Tensor, "M B H"]) -> Float[Tensor, "M B H"]:
        """The features, some of them 0; all of them as they are when not in training."""
        if self.keep == 1 or not self.training:
            return h
        masks = [torch.empty(h.shape[1:]).bernoulli_(self.keep, generator=rng) for rng in self.rngs]
        return h * torch.stack(masks).div_(self.keep).to(h)


def reseed(model: nn.Module, rngs: Callable[[int], Sequence[Generator]]) -> None:
    """Gives each dropout layer its generators: those of `rngs(index)` to the layer at `index`."""
    layers = [module for module in model.modules() if isinstance(module, Dropout)]
    for index, layer in enumerate(layers):
        if layer.keep < 1:
            layer.rngs = list(rngs(index))

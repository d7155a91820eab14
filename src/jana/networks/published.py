"""The summary networks of the paper, as BayesFlow had them in June 2023.

Re-implemented from their description; ours are in `deep_set`.

Reference: Radev et al. (2023), arXiv:2302.09125; sets as in Bloem-Reddy & Teh (2020), JMLR 21.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import relu

from .dropout import Dropout, Masks
from .mlp import Linear, hidden_weights


class Perceptron(nn.Module):
    """Hidden ReLU layers with dropout, then a linear one: of the data divided by a constant.

    Args:
        rngs: One generator per member.
        inputs: Length X of a data set.
        widths: Of the hidden layers.
        features: Number of features C.
        dropout: Share of the hidden features left out in training.
        scale: What the data are divided by.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        inputs: int,
        widths: tuple[int, ...],
        features: int,
        dropout: float,
        scale: float,
    ):
        super().__init__()
        self.size, self.scale = features, scale
        self.layers = _layers(rngs, (inputs, *widths, features))
        self.dropouts = nn.ModuleList(Dropout(dropout, width) for width in widths)
        self.masks = Masks(self)

    def set_from(self, x: Float[Tensor, "N X"]) -> None:
        """Nothing is set from data."""

    def forward(self, x: Float[Tensor, "M B X"]) -> Float[Tensor, "M B C"]:
        """One row of features per data set."""
        if self.training:
            self.masks.draw(x.shape[1], x.device)
        h = x / self.scale
        for layer, dropout in zip(self.layers[:-1], self.dropouts, strict=True):
            h = dropout(relu(layer(h)))
        return self.layers[-1](h)


class PaperDeepSet(nn.Module):
    """Two equivariant modules, an invariant one and a linear layer.

    Invariant: a network of every trial, the mean over the set, a network of that. Equivariant:
    what an invariant module says of the set goes to every trial, then a network of each.

    Args:
        rngs: One generator per member.
        inputs: Coordinates X of a trial.
        widths: Of the layers of each network, all of which end in a ReLU.
        features: Number of features C.
        scale: What the data are divided by.
        count: Whether the log of the number of trials is handed on, last.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        inputs: int,
        widths: tuple[int, ...],
        features: int,
        scale: float,
        count: bool = False,
    ):
        super().__init__()
        self.size, self.scale, out, self.count = features + count, scale, widths[-1], count
        sizes = inputs, out, out
        self.invariant = nn.ModuleList(
            nn.ModuleList([_layers(rngs, (size, *widths)), _layers(rngs, (out, *widths))])
            for size in sizes
        )
        self.each = nn.ModuleList(_layers(rngs, (size + out, *widths)) for size in sizes[:2])
        self.last = Linear(hidden_weights(rngs, out, features, "glorot"))
        self.masks = Masks(self)  # none, as other summaries have some

    def set_from(self, x: Float[Tensor, "N T X"]) -> None:
        """Nothing is set from data."""

    def forward(self, x: Float[Tensor, "M B T X"]) -> Float[Tensor, "M B C"]:
        """One row of features per set."""
        h, (sets, trials) = (x / self.scale).flatten(1, 2), x.shape[1:3]
        for (before, after), each in zip(self.invariant, [*self.each, None], strict=True):
            pooled = _through(after, _through(before, h).unflatten(1, (sets, trials)).mean(2))
            if each is not None:
                h = _through(each, torch.cat([h, pooled.repeat_interleave(trials, 1)], -1))
        found = self.last(pooled)
        if not self.count:
            return found
        return torch.cat([found, torch.full_like(found[..., :1], trials).log()], -1)


def _layers(rngs: Sequence[Generator], widths: tuple[int, ...]) -> nn.ModuleList:
    return nn.ModuleList(Linear(hidden_weights(rngs, a, b, "glorot")) for a, b in pairwise(widths))


def _through(layers: nn.ModuleList, h: Float[Tensor, "M R I"]) -> Float[Tensor, "M R O"]:
    for layer in layers:
        h = relu(layer(h))
    return h

"""Summaries of exchangeable trials: the same whatever their order, for any number of them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from .dropout import Masks
from .mlp import ACTIVATIONS, Linear, Style, hidden_weights
from .places import at
from .standardize import Standardize

LEAST_SPREAD = 1e-4  # of a set, in standard deviations of all trials: keeps its logarithm finite


class DeepSet(nn.Module):
    """(M, B, T, X) to (M, B, C): moments of the set, then features that are learned.

    Every trial is seen twice, against all trials of the training data and against its own set's
    mean and standard deviation; a network of each, averaged over the set, feeds a second
    network. The set's means, log standard deviations, covariances of coordinates and log number
    of trials are handed on as they are: the flow starts from a regression on them. The learned
    features start at zero.

    Reference: Zaheer et al. (2017), arXiv:1703.06114.

    Args:
        rngs: One generator per member.
        bounds: Of a trial's coordinates X, as `Standardize` takes them.
        features: Number of learned features.
        style: Of both networks' hidden layers.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        bounds: tuple[Float[Tensor, " X"], Float[Tensor, " X"]],
        features: int,
        style: Style,
    ):
        super().__init__()
        self.standardize, coordinates = Standardize(*bounds), len(bounds[0])
        self.activation = ACTIVATIONS[style.activation]
        self.pairs = torch.combinations(torch.arange(coordinates)).T.tolist()
        self.moments = 2 * coordinates + len(self.pairs[0]) + 1
        self.size = self.moments + features
        widths = style.hidden
        into = [2 * coordinates, *widths]
        after = [widths[-1] + self.moments, *widths]
        layers = [
            nn.ModuleList(
                Linear(hidden_weights(rngs, a, b, style.start))
                for a, b in zip(i, widths, strict=False)
            )
            for i in (into, after)
        ]
        self.each, self.all = layers
        self.last = Linear(torch.zeros(len(rngs), widths[-1], features))
        self.masks = Masks(self)  # none, as other summaries have some

    def set_from(self, x: Float[Tensor, "N T X"]) -> None:
        """Sets the scale of the trials from training data."""
        self.standardize.set_from(x.flatten(0, 1))

    def forward(self, x: Float[Tensor, "M B T X"]) -> Float[Tensor, "M B C"]:
        """One row of features per set."""
        x = self.standardize(x)
        mean = x.mean(2, keepdim=True)
        spread = (x - mean).square().mean(2, keepdim=True).add(LEAST_SPREAD**2).sqrt()
        count = torch.full_like(mean[..., 0, :1], x.shape[2]).log()
        off = x - mean
        together = (off.mT @ off / x.shape[2])[..., *(at(p, x.device) for p in self.pairs)]
        moments = torch.cat([mean.squeeze(2), spread.squeeze(2).log(), together, count], -1)
        seen = torch.cat([x, off / spread], -1)
        pooled = self._through(self.each, seen.flatten(1, 2)).unflatten(1, x.shape[1:3]).mean(2)
        learned = self.last(self._through(self.all, torch.cat([pooled, moments], -1)))
        return torch.cat([moments, learned], -1)

    def _through(self, layers: nn.ModuleList, h: Float[Tensor, "M R I"]) -> Float[Tensor, "M R O"]:
        for layer in layers:
            h = self.activation(layer(h))
        return h

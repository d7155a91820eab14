"""The paper's summary of the epidemic's series, and how both its networks see them.

Reference: Radev et al. (2023), arXiv:2302.09125, section 4.4; its layers as Keras had them in June
2023; re-implemented from their description.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import conv1d, pad, relu

from .dropout import Masks
from .recurrent import Recurrent

KERNELS = (2, 3, 4, 5, 6, 7)  # steps that the convolutions of a layer see, each so many
FILTERS, MIXED, LAYERS, STATE = 32, 64, 3, 64
LEAST = 1e-6  # of a series' standard deviation

Series = Float[Tensor, "M B T X"]


class Scaled(NamedTuple):
    """Series by their own means and standard deviations, and what those are.

    Attributes:
        x: Standardized, each series by itself.
        moments: log2(1 + mean), then log2(1 + sd).
        log_sd: Natural logarithms of the standard deviations.
        mean: Means.
    """

    x: Series
    moments: Float[Tensor, "M B C"]
    log_sd: Float[Tensor, "M B X"]
    mean: Float[Tensor, "M B X"]


def scaled(x: Series) -> Scaled:
    """Takes the moments out of the series."""
    mean, sd = x.mean(2), x.std(2, correction=0).clamp(min=LEAST)
    moments = torch.log2(1 + torch.cat([mean, sd], -1))
    return Scaled((x - mean[:, :, None]) / sd[:, :, None], moments, sd.log(), mean)


class PaperSeries(nn.Module):
    """(M, B, T, X) to (M, B, C): a tower for each series, then the moments that were taken out.

    A tower is three layers of convolutions of several widths and a mixing of their filters, and
    an LSTM whose last state is the summary.

    Args:
        rngs: One generator per member.
        size: Numbers X of a step.
    """

    def __init__(self, rngs: Sequence[Generator], size: int):
        super().__init__()
        self.learned = slice(0, size * STATE)
        self.size = size * (STATE + 2)
        self.towers = nn.ModuleList(_Tower(rngs) for _ in range(size))
        self.masks = Masks(self)  # none, as other summaries have some

    def set_from(self, x: Float[Tensor, "N T X"]) -> None:
        """Nothing is set from data."""

    def forward(self, x: Series) -> Float[Tensor, "M B C"]:
        """One row of features per data set, those that are learned first."""
        told = scaled(x)
        columns = told.x.unbind(-1)
        states = [tower(column) for tower, column in zip(self.towers, columns, strict=True)]
        return torch.cat([*states, told.moments], -1)


class _Tower(nn.Module):
    """(M, B, T) to (M, B, H)."""

    def __init__(self, rngs: Sequence[Generator]):
        super().__init__()
        channels = [1, *[MIXED] * LAYERS]
        self.wide = nn.ModuleList(
            nn.ModuleList(_Causal(rngs, inputs, FILTERS, kernel) for kernel in KERNELS)
            for inputs in channels[:-1]
        )
        self.mixing = nn.ModuleList(
            _Causal(rngs, FILTERS * len(KERNELS), MIXED, 1) for _ in range(LAYERS)
        )
        self.memory = Recurrent(rngs, "lstm", MIXED, STATE)

    def forward(self, x: Float[Tensor, "M B T"]) -> Float[Tensor, "M B H"]:
        h = x[:, :, None]
        for layer, mixing in zip(self.wide, self.mixing, strict=True):
            h = relu(mixing(torch.cat([relu(part(h)) for part in layer], 2)))
        return self.memory(h.mT)[:, :, -1]


class _Causal(nn.Module):
    """Each member's own convolution over a step and those before it."""

    def __init__(self, rngs: Sequence[Generator], inputs: int, outputs: int, kernel: int):
        super().__init__()
        limit = (6 / (kernel * (inputs + outputs))) ** 0.5  # Glorot's, as Keras counts
        draws = torch.stack([torch.rand(outputs, inputs, kernel, generator=rng) for rng in rngs])
        self.weight = nn.Parameter(limit * (2 * draws - 1))
        self.bias = nn.Parameter(torch.zeros(len(rngs), outputs))

    def forward(self, x: Float[Tensor, "M B I T"]) -> Float[Tensor, "M B O T"]:
        members, rows, _, steps = x.shape
        grouped = pad(x.movedim(0, 1).flatten(1, 2), (self.weight.shape[-1] - 1, 0))
        found = conv1d(grouped, self.weight.flatten(0, 1), self.bias.flatten(), groups=members)
        return found.view(rows, members, -1, steps).movedim(1, 0)

"""Feed-forward networks whose weights have a leading member axis."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import silu


class Linear(nn.Module):
    """x W + b, with a matrix W and a row b for each member.

    Args:
        rngs: One generator per member, for the initial weights.
        inputs: Number of input features I; may be 0, which leaves the bias.
        outputs: Number of output features O.
        zero: Start with weights of zero.
    """

    def __init__(self, rngs: Sequence[Generator], inputs: int, outputs: int, zero: bool = False):
        super().__init__()
        # Kaiming's gain of 2 suits SiLU as it does ReLU.
        sd = 0.0 if zero or not inputs else (2 / inputs) ** 0.5
        weights = [sd * torch.randn(inputs, outputs, generator=rng) for rng in rngs]
        self.weight = nn.Parameter(torch.stack(weights))
        self.bias = nn.Parameter(torch.zeros(len(rngs), 1, outputs))

    def forward(self, x: Float[Tensor, "M B I"]) -> Float[Tensor, "M B O"]:
        """Each member's own affine map of its rows."""
        return torch.baddbmm(self.bias, x, self.weight)


class MLP(nn.Module):
    """Linear layers with SiLU between; the last may start at zero.

    The first layer has no bias: `offset`, which is added to it, brings one. So the part of the
    input that many rows share (a context) is multiplied once, outside.

    Args:
        rngs: One generator per member.
        inputs: Number of input features I; may be 0.
        outputs: Number of output features O.
        hidden: Widths of the hidden layers, at least one.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        inputs: int,
        outputs: int,
        hidden: Sequence[int],
    ):
        super().__init__()
        if not hidden:
            raise ValueError("a network needs one hidden layer or more, not none: give its width")
        sd = (2 / max(inputs, 1)) ** 0.5
        first = [sd * torch.randn(inputs, hidden[0], generator=rng) for rng in rngs]
        self.first = nn.Parameter(torch.stack(first))
        self.middle = nn.ModuleList(Linear(rngs, a, b) for a, b in pairwise(hidden))
        self.last = Linear(rngs, hidden[-1], outputs, zero=True)

    def forward(
        self, x: Float[Tensor, "M B I"], offset: Float[Tensor, "M B H"]
    ) -> Float[Tensor, "M B O"]:
        """The outputs; zeros at the start, so that a flow starts as the identity."""
        h = silu(torch.baddbmm(offset, x, self.first))
        for layer in self.middle:
            h = silu(layer(h))
        return self.last(h)

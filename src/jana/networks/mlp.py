"""Feed-forward networks whose weights have a leading member axis."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn.functional import relu, silu, tanh

from .dropout import Dropout

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"silu": silu, "relu": relu, "tanh": tanh}


@dataclass(frozen=True)
class Style:
    """What networks of one kind have in common.

    Attributes:
        hidden: Widths of the hidden layers, at least one.
        activation: "silu", "relu" or "tanh".
        start: Law of the initial hidden weights: "kaiming" (normal, each of values and context by
            its own number) or "glorot" (uniform, by inputs and outputs together).
        dropout: Share of the hidden features left out in training.
        decay: Weight of the sum of squared hidden weights in the loss (no one half).
    """

    hidden: tuple[int, ...]
    activation: str = "silu"
    start: str = "kaiming"
    dropout: float = 0.0
    decay: float = 0.0

    def __post_init__(self) -> None:
        if not self.hidden:
            raise ValueError("a network needs one hidden layer or more, not none: give its width")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation is one of {list(ACTIVATIONS)}, not {self.activation}")


def hidden_weights(
    rngs: Sequence[Generator],
    inputs: int,
    outputs: int,
    start: str,
    beside: int = 0,
    copies: tuple[int, ...] = (),
) -> Float[Tensor, "M *P I O"]:
    """Initial weights of a hidden layer.

    Args:
        rngs: One generator per member.
        inputs: Number of inputs I these weights are for; may be 0.
        outputs: Number of outputs O.
        start: As in `Style`.
        beside: Further inputs of the same layer, whose weights are drawn elsewhere.
        copies: How many networks of a kind each member has, if more than one.
    """
    shape = (*copies, inputs, outputs)
    if start == "glorot":
        limit = math.sqrt(6 / (inputs + beside + outputs))
        return limit * torch.stack([2 * torch.rand(shape, generator=rng) - 1 for rng in rngs])
    # Kaiming's gain of 2 suits SiLU as it does ReLU.
    sd = math.sqrt(2 / max(inputs, 1))
    return sd * torch.stack([torch.randn(shape, generator=rng) for rng in rngs])


class Linear(nn.Module):
    """x W + b, with a matrix W and a row b for each member; b starts at zero.

    Args:
        weight: The initial W (M, I, O), one matrix per member, or (M, P, I, O) for P networks of
            each; I may be 0, which leaves b.
    """

    def __init__(self, weight: Float[Tensor, "M *P I O"]):
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(*weight.shape[:-2], 1, weight.shape[-1]))

    def forward(self, x: Float[Tensor, "R B I"]) -> Float[Tensor, "R B O"]:
        """Each network's own affine map of its rows, member by member."""
        return torch.baddbmm(self.bias.flatten(0, -3), x, self.weight.flatten(0, -3))


class MLP(nn.Module):
    """Linear layers with an activation between; the last starts at zero.

    The first layer has no bias: `offset`, which is added to it, brings one. So the part of the
    input that many rows share (a context) is multiplied once, outside.

    Args:
        rngs: One generator per member.
        inputs: Number of input features I; may be 0.
        context: Number of features that `offset` is made from.
        outputs: Number of output features O.
        style: Of the hidden layers.
        copies: How many such networks each member has, if more than one.
    """

    def __init__(
        self,
        rngs: Sequence[Generator],
        inputs: int,
        context: int,
        outputs: int,
        style: Style,
        copies: tuple[int, ...] = (),
    ):
        super().__init__()
        widths, start = style.hidden, style.start
        self.copies, self.outputs = math.prod(copies), outputs
        self.activation = ACTIVATIONS[style.activation]
        first = hidden_weights(rngs, inputs, widths[0], start, context, copies)
        self.first = nn.Parameter(first)
        self.middle = nn.ModuleList(
            Linear(hidden_weights(rngs, a, b, start, copies=copies)) for a, b in pairwise(widths)
        )
        self.dropouts = nn.ModuleList(
            Dropout(style.dropout, width, self.copies) for width in widths
        )
        self.last = Linear(torch.zeros(len(rngs), *copies, widths[-1], outputs))
        self.found: list[nn.Parameter] = []  # by `weights`

    def forward(
        self, x: Float[Tensor, "R B I"], offset: Float[Tensor, "R B H"]
    ) -> Float[Tensor, "R B O"]:
        """The outputs; zeros at the start, so that a flow starts as the identity."""
        h = torch.baddbmm(offset, x, self.first.flatten(0, -3))
        for layer, dropout in zip([*self.middle, self.last], self.dropouts, strict=True):
            h = layer(self._activated(h, dropout))
        return h

    def _activated(self, h: Float[Tensor, "R B H"], dropout: Dropout) -> Float[Tensor, "R B H"]:
        return dropout(self.activation(h))

    def hidden(self) -> list[nn.Parameter]:
        """The hidden weights, without biases and without the last layer's: what decays."""
        return [self.first, *(layer.weight for layer in self.middle)]

    def weights(self) -> list[nn.Parameter]:
        """All weights and biases, layer by layer; the first has no bias."""
        # To look them up one by one takes longer than a small product, and they are asked for in
        # every step. What replaces parameters, such as a change of device, replaces all of them.
        if not self.found or self.found[0] is not self.first:
            linear = [*self.middle, self.last]
            parts = [part for layer in linear for part in (layer.weight, layer.bias)]
            self.found = [self.first, *parts]
        return self.found

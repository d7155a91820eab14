"""Recurrent networks: torch's own functions, with weights that have a leading member axis."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from .mlp import hidden_weights

KINDS = {"gru": (torch.gru, 3), "lstm": (torch.lstm, 4)}  # and how many gates
FORGET = 1  # the place of the LSTM's forget gate


class Recurrent(nn.Module):
    """The states of a gated recurrent unit, or of a long short-term memory, after each step.

    Weights start as Keras has them: uniform by inputs and outputs together, orthogonal from state
    to state, and biases of zero, but for an LSTM's forget gate, whose is one.

    Reference: Cho et al. (2014), arXiv:1406.1078, with the reset gate behind the product with the
    state; Hochreiter & Schmidhuber (1997), Neural Computation 9.

    Args:
        rngs: One generator per member.
        kind: "gru" or "lstm".
        inputs: Number of input features I.
        hidden: Number of state features H.
    """

    def __init__(self, rngs: Sequence[Generator], kind: str, inputs: int, hidden: int):
        super().__init__()
        self.kind, self.hidden = kind, hidden
        gates = KINDS[kind][1]
        self.into = nn.Parameter(hidden_weights(rngs, inputs, gates * hidden, "glorot").mT.clone())
        self.over = nn.Parameter(torch.cat([orthogonal(rngs, hidden) for _ in range(gates)], 1))
        bias = torch.zeros(len(rngs), gates * hidden)
        if kind == "lstm":
            bias[:, FORGET * hidden : (FORGET + 1) * hidden] = 1.0
        self.bias = nn.Parameter(bias)
        # A GRU's new state has its own behind the reset gate. An LSTM needs one bias only.
        self.state_bias = nn.Parameter(torch.zeros_like(bias)) if kind == "gru" else None

    def forward(
        self, x: Float[Tensor, "M B T I"], state: Float[Tensor, "M B H"] | None = None
    ) -> Float[Tensor, "M B T H"]:
        """The state after each step.

        Args:
            x: Inputs of all steps.
            state: Before the first; None: zeros.
        """
        call, _ = KINDS[self.kind]
        if state is None:
            state = x.new_zeros(*x.shape[:2], self.hidden)
        second = torch.zeros_like(self.bias) if self.state_bias is None else self.state_bias
        found = []
        for row in zip(x, state, self.into, self.over, self.bias, second, strict=True):
            steps, first, *weights = (part.contiguous() for part in row)  # as cuDNN has to have it
            start = (
                first[None] if self.kind == "gru" else (first[None], torch.zeros_like(first)[None])
            )
            how = True, 1, 0.0, self.training, False, True  # biases, one layer, rows first
            found.append(call(steps, start, weights, *how)[0])
        return torch.stack(found)

    def step(self, x: Float[Tensor, "M B I"], state: Float[Tensor, "M B H"]) -> Tensor:
        """The state of a GRU after one more step."""
        return self(x[:, :, None], state)[:, :, 0]


def orthogonal(rngs: Sequence[Generator], size: int) -> Float[Tensor, "M H H"]:
    """A random orthogonal matrix for each member: states neither fade nor grow at the start."""
    draws = torch.stack([torch.randn(size, size, generator=rng) for rng in rngs])
    q, r = torch.linalg.qr(draws)
    return q * r.diagonal(dim1=-2, dim2=-1).sign()[:, None]

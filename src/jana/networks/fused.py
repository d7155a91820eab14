"""Perceptrons as the compiled kernels of `kernels.py` are told of them, within a training step."""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from types import ModuleType
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Int64
from numpy import array, ndarray
from torch import Tensor, nn

from .adding import added
from .mlp import ACTIVATIONS, MLP

Words = Int64[ndarray, " W"]
EVEN = 16  # numbers of a cache line


@cache
def kernels() -> ModuleType:
    """Not with this module: numba takes a second, which a GPU's jobs and figures do not need."""
    from . import kernels

    return kernels


@runtime_checkable
class Weighted(Protocol):
    """What has weights that kernels read."""

    def weights(self) -> list[nn.Parameter]:
        """All of them."""
        ...


def lying(modules: Sequence[Weighted], values: Sequence[Tensor]) -> list[int] | None:
    """Where weights and gradients lie, if the kernels are for these modules and values, else None.

    They are for training steps on a CPU, in single precision, whose gradients have their places
    already. A plan is good as long as nothing has moved.
    """
    if not (added() and torch.is_grad_enabled()):
        return None
    if any(value.device.type != "cpu" or value.dtype != torch.float32 for value in values):
        return None
    found = []
    for module in modules:
        for weight in module.weights():
            grad = weight.grad
            if grad is None or not weight.requires_grad or weight.dtype != torch.float32:
                return None
            found += weight.data_ptr(), grad.data_ptr()
    return found


def whole(module: Weighted) -> bool:
    """Whether weights and gradients of a member lie row by row without gaps."""
    parts = (part for weight in module.weights() for part in (weight, weight.grad))
    return all(part[0].is_contiguous() for part in parts)


def padded(size: int) -> int:
    """So many numbers and up to 15 more, as products are faster from even addresses on."""
    return -(-size // EVEN) * EVEN


class Rows(NamedTuple):
    """How rows lie: strides by member, network and row, in numbers."""

    member: int
    network: int
    row: int


class Plan(NamedTuple):
    """All that the kernels are told of a network, but for where its rows begin.

    Attributes:
        words: As in `kernels.py`; masks change from step to step.
        size: Of the buffer, in numbers.
        told: Where in it the output begins.
    """

    words: Words
    size: int
    told: int


def plan(network: MLP, members: int, rows: int, seen: Rows, offset: Rows, by_offset: Rows) -> Plan:
    """For `rows` rows of each network.

    Args:
        network: What is called.
        members: How many of it lie side by side.
        rows: Of each.
        seen: How its input lies, and that input's gradient.
        offset: How what is added in the first layer lies.
        by_offset: How that offset's gradient lies.
    """
    first, *others = network.weights()
    weights, biases = [first, *others[::2]], [None, *others[1::2]]
    widths = [weight.shape[-1] for weight in weights]
    kind = list(ACTIVATIONS.values()).index(network.activation)
    words = [members, network.copies, rows, len(widths), kernels().KINDS[kind]]
    words += [*seen, *offset, *by_offset]
    sizes = [padded(members * network.copies * rows * width) for width in widths]
    # What each layer makes, then the slopes of the hidden ones.
    places = list(accumulate([*sizes, *sizes[:-1]], initial=0))
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        words += weight.shape[-2:]
        each = weight, bias, weight.grad, None if bias is None else bias.grad
        words += [word for part in each for word in _lying(part)]
        hidden = layer < len(widths) - 1
        words += [0, 0, places[layer], places[len(widths) + layer] if hidden else 0]
    return Plan(array(words), places[-1], places[len(widths) - 1])


def _lying(part: Tensor | None) -> tuple[int, int, int]:
    """Address, and strides by member and network."""
    if part is None:
        return 0, 0, 0
    return part.data_ptr(), part.stride(0), part.stride(1) if part.ndim > 3 else 0


def mask(told: Plan, network: MLP) -> None:
    """Tells of the masks of this step, where there are any."""
    first, step = kernels().HEAD + kernels().MASK, kernels().EACH
    for layer, dropout in enumerate(network.dropouts):
        if dropout.keep < 1:
            place = first + layer * step
            mask = dropout.mask if dropout.training else None
            lies = (0, 0) if mask is None else (mask.data_ptr(), mask.stride(0))
            told.words[place : place + 2] = lies

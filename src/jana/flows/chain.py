"""Couplings that follow each other: in training a few calls of compiled kernels, each way.

As tensor operations a coupling of the usual size is some hundred of them, and to start them takes
three times as long as to compute. Here autograd sees one function; gradients by the networks'
weights are added to `.grad` within it, see `networks.adding`.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, groupby
from types import ModuleType
from typing import NamedTuple

import torch
from jaxtyping import Float
from numpy import float32
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from ..networks import fused
from .coupling import Coupling, Elementwise
from .published import CLAMP, FreeSpline, clamped
from .spline import Spline
from .warps import LIMIT, Affine, Warp, moderate

Values = Float[Tensor, "M B D"]
Features = Float[Tensor, "M B F"]
LogDet = Float[Tensor, "M B"]

BENDS = {moderate: LIMIT, clamped: CLAMP}  # of log scales, in the order of the kernels
BYTES = 4  # of a number
MOST_PLANS = 64  # of one chain: trials may come in any number


class Moves(NamedTuple):
    """The kernels that warp coordinates, and what else they are told."""

    kernels: Callable[[], ModuleType]
    told: tuple


class Side(NamedTuple):
    """Some coordinates being warped. Places are in bytes.

    Attributes:
        words: The network's plan, see `networks.fused.Plan`.
        layer: Which one's values are warped, counted from 0.
        sees: The layer whose values the network sees: this one, or the next where they are done.
        seen: Where in a row of them.
        offset: Where in a row of features.
        buffer: Where in the buffer the network works.
        told: Where there its output lies.
        moves: What warps.
    """

    words: fused.Words
    layer: int
    sees: int
    seen: int
    offset: int
    buffer: int
    told: int
    moves: Moves


class Plan(NamedTuple):
    """All calls of a chain.

    Attributes:
        sides: In order.
        masked: Plans of networks with dropout.
        values: Where in the buffer values between layers lie, in bytes.
        size: Of the buffer, in numbers.
        most: That one network tells.
    """

    sides: list[Side]
    masked: list[tuple[fused.Plan, nn.Module]]
    values: list[int]
    size: int
    most: int


@cache
def _affine() -> ModuleType:
    """As `fused.kernels`."""
    from . import affine_kernels

    return affine_kernels


@cache
def _spline() -> ModuleType:
    from . import kernels

    return kernels


class Chain:
    """Layers one after another.

    Args:
        layers: Either one, or such as the kernels know.
    """

    def __init__(self, layers: Sequence[nn.Module]):
        self.layers, self.sizes = list(layers), [layer.n_features for layer in layers]
        self.known = all(_known(layer) for layer in layers)
        every = self.layers if self.known else ()
        self.halves = [layer.halves() for layer in every]
        self.networks = [half.network for halves in self.halves for half in halves]
        self.plans: dict[tuple, tuple[list[int], Plan]] = {}

    def __call__(self, x: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        places = fused.lying(self.networks, [x, features]) if self.known else None
        if places is not None and features.stride(-1) == 1:
            return _Chained.apply(x.contiguous(), features, self._plan(features, places))
        total = 0.0
        pieces = features.split(self.sizes, dim=-1)
        for layer, piece in zip(self.layers, pieces, strict=True):
            x, log_det = layer(x, piece)
            total = total + log_det
        return x, total

    def _plan(self, features: Features, places: list[int]) -> Plan:
        key = features.shape, features.stride()
        known, plan = self.plans.get(key, (None, None))
        if known != places:
            if len(self.plans) >= MOST_PLANS:
                self.plans.clear()
            plan = self._planned(features)
            self.plans[key] = places, plan
        for told, network in plan.masked:
            fused.mask(told, network)
        return plan

    def _planned(self, features: Features) -> Plan:
        members, rows, whole = features.shape
        dim = sum(half.width for half in self.halves[0])
        steps = features.stride(0), features.stride(1)
        between = fused.padded(members * rows * dim)
        size, column = between * (len(self.layers) - 1), 0
        sides, masked, most = [], [], 0
        for layer, halves in enumerate(self.halves):
            for at, half in enumerate(halves):
                network = half.network
                hidden = network.first.shape[-1]
                seen = fused.Rows(rows * dim, 0, dim)
                offset = fused.Rows(steps[0], hidden, steps[1])
                by_offset = fused.Rows(rows * whole, hidden, whole)
                told = fused.plan(network, members, rows, seen, offset, by_offset)
                places = half.sees, column, size, size + told.told
                where = members, network.copies, rows, dim, half.width, half.low
                inputs = layer, layer + at, *(BYTES * place for place in places)
                sides.append(Side(told.words, *inputs, _moves(self.layers[layer].warp, where)))
                if any(dropout.keep < 1 for dropout in network.dropouts):
                    masked.append((told, network))
                most = max(most, members * rows * network.copies * network.outputs)
                size, column = size + told.size, column + network.copies * hidden
        values = [BYTES * between * layer for layer in range(len(self.layers) - 1)]
        return Plan(sides, masked, values, size, most)


def chains(layers: Sequence[nn.Module]) -> list[Chain]:
    """All layers in order, those that the kernels know together as far as they are neighbours."""
    number = accumulate(0 if _known(layer) else 1 for layer in layers)
    keys = [(count, _known(layer)) for count, layer in zip(number, layers, strict=True)]
    groups = groupby(zip(keys, layers, strict=True), key=lambda pair: pair[0])
    return [Chain([layer for _, layer in group]) for _, group in groups]


def _known(layer: nn.Module) -> bool:
    """Whether the kernels can stand in for it."""
    if not isinstance(layer, Coupling | Elementwise):
        return False
    warp: Warp = layer.warp
    if isinstance(warp, Affine):
        return warp.bend in BENDS
    return isinstance(warp, Spline | FreeSpline) and warp.kind.moderate


def _moves(warp: Warp, where: tuple[int, int, int, int, int, int]) -> Moves:
    members, _, rows, *coordinates = where
    if isinstance(warp, Affine):
        return Moves(_affine, (where, list(BENDS).index(warp.bend), float32(BENDS[warp.bend])))
    return Moves(_spline, ((members * rows, *coordinates), *warp.kind.told))


class _Chained(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, features: Tensor, plan: Plan) -> tuple:
        z, log_det = torch.empty_like(x), x.new_zeros(x.shape[:2])
        buffer = x.new_empty(plan.size)
        values, base = _values(x, z, buffer, plan), buffer.data_ptr()
        given, total, perceptron = features.data_ptr(), log_det.data_ptr(), fused.kernels().forward
        for words, layer, sees, seen, offset, made, told, (kernels, how) in plan.sides:
            perceptron(words, values[sees] + seen, given + offset, base + made)
            kernels().forward(*how, values[layer], base + told, values[layer + 1], total)
        ctx.save_for_backward(x, z, buffer)
        ctx.plan, ctx.shape = plan, features.shape
        return z, log_det

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, by_z: Tensor, by_log_det: Tensor) -> tuple:
        x, z, buffer = ctx.saved_tensors
        plan, by_log_det = ctx.plan, by_log_det.contiguous()
        # From layer to layer in the same place: what a side does not warp stays as it is.
        by_x = by_z.clone(memory_format=torch.contiguous_format)
        by_features, by_told = x.new_empty(ctx.shape), x.new_empty(plan.most)
        values, base = _values(x, z, buffer, plan), buffer.data_ptr()
        by, total, moved = by_x.data_ptr(), by_log_det.data_ptr(), by_told.data_ptr()
        of_features, perceptron = by_features.data_ptr(), fused.kernels().backward
        for words, layer, sees, seen, offset, made, told, (kernels, how) in reversed(plan.sides):
            kernels().backward(*how, values[layer], base + told, by, total, moved)
            place = of_features + offset
            perceptron(words, values[sees] + seen, base + made, moved, by + seen, place)
        return by_x, by_features, None


def _values(x: Tensor, z: Tensor, buffer: Tensor, plan: Plan) -> list[int]:
    """Where those before the first layer, between layers and behind the last lie."""
    base = buffer.data_ptr()
    return [x.data_ptr(), *(base + place for place in plan.values), z.data_ptr()]

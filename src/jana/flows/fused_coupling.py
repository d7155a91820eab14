"""A coupling layer of a training step as a few calls of compiled kernels, each way.

As tensor operations a coupling of the usual size is some hundred of them, and to start them takes
three times as long as to compute. Here autograd sees one function; gradients by the networks'
weights are added to `.grad` within it, see `networks.adding`.
"""

from functools import cache
from types import ModuleType
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from numpy import float32
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from ..networks import fused
from ..networks.mlp import MLP
from .fused import Kind
from .published import CLAMP, FreeSpline, clamped
from .spline import Spline
from .warps import LIMIT, Affine, Warp, moderate

Values = Float[Tensor, "M B D"]
LogDet = Float[Tensor, "M B"]
Told = Float[Tensor, " T"]

BENDS = {moderate: LIMIT, clamped: CLAMP}  # of log scales, in the order of the kernels


@runtime_checkable
class Moves(Protocol):
    """How some coordinates are warped, by all that a network made for them."""

    def forward(self, x: Values, told: Told, z: Values, log_det: LogDet) -> None:
        """Fills these coordinates of z, and adds to the log determinants."""
        ...

    def backward(
        self, x: Values, told: Told, by_z: Values, by_log_det: LogDet, by_x: Values, by_told: Told
    ) -> None:
        """Fills these coordinates of the gradient by x, and the gradient by what was told."""
        ...


class _Affine(NamedTuple):
    sizes: tuple[int, int, int, int, int, int]  # as in `affine_kernels.py`
    bend: int
    limit: float32

    def forward(self, x: Values, told: Told, z: Values, log_det: LogDet) -> None:
        places = (part.data_ptr() for part in (x, told, z, log_det))
        _affine().forward(*self, *places)

    def backward(
        self, x: Values, told: Told, by_z: Values, by_log_det: LogDet, by_x: Values, by_told: Told
    ) -> None:
        places = (part.data_ptr() for part in (x, told, by_z, by_log_det, by_x, by_told))
        _affine().backward(*self, *places)


class _Spline(NamedTuple):
    kind: Kind
    low: int
    width: int

    def forward(self, x: Values, told: Told, z: Values, log_det: LogDet) -> None:
        value, params = self._parts(x, told)
        warped, log_slope = self.kind.warped(value, params)
        z.narrow(-1, self.low, self.width).copy_(warped)
        log_det.add_(log_slope.sum(-1))

    def backward(
        self, x: Values, told: Told, by_z: Values, by_log_det: LogDet, by_x: Values, by_told: Told
    ) -> None:
        value, params = self._parts(x, told)
        by_warped = by_z.narrow(-1, self.low, self.width).contiguous()
        by_slope = by_log_det[..., None].expand_as(value).contiguous()
        by_params = by_told.view(params.shape)
        by_value = self.kind.gradient(value, params, by_warped, by_slope, by_params)
        by_x.narrow(-1, self.low, self.width).copy_(by_value)

    def _parts(self, x: Values, told: Told) -> tuple[Tensor, Tensor]:
        value = x.narrow(-1, self.low, self.width).contiguous()
        return value, told.view(*value.shape, -1)


class Side(NamedTuple):
    """One of a coupling's two halves being warped.

    Attributes:
        plan: The network's.
        seen: Where in a row its input begins.
        offset: Where in a row of features its own begin.
        moves: Of the coordinates.
    """

    plan: fused.Plan
    seen: int
    offset: int
    moves: Moves


@cache
def _affine() -> ModuleType:
    """As `fused.kernels`."""
    from . import affine_kernels

    return affine_kernels


class Fused:
    """The calls that stand in for a coupling's tensor operations, kept from step to step.

    Args:
        networks: Those that tell how the first and the second half are warped.
        sizes: Of the halves.
        warp: Of each coordinate.
    """

    def __init__(self, networks: list[MLP], sizes: list[int], warp: Warp):
        self.networks, self.sizes, self.warp = networks, sizes, warp
        self.known = isinstance(warp, Spline | FreeSpline)
        self.known |= isinstance(warp, Affine) and warp.bend in BENDS
        self.sides: dict[tuple, tuple[list[int], tuple[Side, Side]]] = {}

    def takes(self, x: Values, features: Float[Tensor, "M B F"]) -> bool:
        """Whether they are for these values, here and now; see `fused.takes`."""
        if not (self.known and features.stride(-1) == 1):
            return False
        return fused.takes(self.networks, [x, features])

    def __call__(self, x: Values, features: Float[Tensor, "M B F"]) -> tuple[Values, LogDet]:
        """As `Coupling.forward`."""
        return _Coupled.apply(x.contiguous(), features, self._sides(features))

    def _sides(self, features: Float[Tensor, "M B F"]) -> tuple[Side, Side]:
        key = features.shape, features.stride()
        places = [place for network in self.networks for place in fused.addresses(network)]
        known, sides = self.sides.get(key, (None, None))
        if known != places:
            sides = self._side(0, features), self._side(1, features)
            self.sides[key] = places, sides
        for side, network in zip(sides, self.networks, strict=True):
            fused.mask(side.plan, network)
        return sides

    def _side(self, at: int, features: Float[Tensor, "M B F"]) -> Side:
        network, dim, whole = self.networks[at], sum(self.sizes), features.shape[-1]
        members, rows = features.shape[:2]
        hidden = network.first.shape[-1]
        seen = fused.Rows(rows * dim, 0, dim)
        offset = fused.Rows(features.stride(0), hidden, features.stride(1))
        by_offset = fused.Rows(rows * whole, hidden, whole)
        told = fused.plan(network, members, rows, seen, offset, by_offset)
        low, width = (0, self.sizes[0]) if at == 0 else (self.sizes[0], self.sizes[1])
        if isinstance(self.warp, Affine):
            sizes = members, network.copies, rows, dim, width, low
            bend = list(BENDS).index(self.warp.bend)
            moves = _Affine(sizes, bend, float32(BENDS[self.warp.bend]))
        else:
            moves = _Spline(self.warp.kind, low, width)
        return Side(told, self.sizes[0] if at == 0 else 0, at * whole // 2, moves)


class _Coupled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, features: Tensor, sides: tuple[Side, Side]) -> tuple:
        z, log_det = torch.empty_like(x), x.new_zeros(x.shape[:2])
        buffers = [x.new_empty(side.plan.size) for side in sides]
        for side, buffer, values in zip(sides, buffers, (x, z), strict=True):
            seen, offset = _within(values, side.seen), _within(features, side.offset)
            fused.kernels().forward(side.plan.words, seen, offset, buffer.data_ptr())
            side.moves.forward(x, buffer[side.plan.told], z, log_det)
        ctx.save_for_backward(x, z, *buffers)
        ctx.sides, ctx.shape = sides, features.shape
        return z, log_det

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, by_z: Tensor, by_log_det: Tensor) -> tuple:
        x, z, *buffers = ctx.saved_tensors
        by_log_det = by_log_det.contiguous()
        by_x, by_features = torch.empty_like(x), x.new_empty(ctx.shape)
        by_z = by_z.clone(memory_format=torch.contiguous_format)  # as more is added to it
        for at, values, by_values in ((1, z, by_z), (0, x, by_x)):
            side, buffer = ctx.sides[at], buffers[at]
            told = buffer[side.plan.told]
            by_told = torch.empty_like(told)
            side.moves.backward(x, told, by_z, by_log_det, by_x, by_told)
            seen, by_seen = _within(values, side.seen), _within(by_values, side.seen)
            places = seen, buffer.data_ptr(), by_told.data_ptr(), by_seen
            by_offset = _within(by_features, side.offset)
            fused.kernels().backward(side.plan.words, *places, by_offset)
        return by_x, by_features, None


def _within(values: Tensor, column: int) -> int:
    """The address of a column of the first row."""
    return values.data_ptr() + 4 * column

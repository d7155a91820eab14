"""What the kernels of a chain are told: its layers as tables, see `chain_kernels`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import NamedTuple

from jaxtyping import Float, Float32, Int64
from numpy import array, concatenate, float32, ndarray
from torch import Tensor, nn

from ..networks import fused
from .coupling import Coupling, Elementwise
from .mixing import ActNorm, Permutation
from .published import CLAMP, FreeSpline, Rotation, Scale, clamped
from .spline import Spline
from .warps import LIMIT, Affine, Warp, moderate

BENDS = {moderate: LIMIT, clamped: CLAMP}  # of log scales, in the order of the kernels
BYTES = 4  # of a number
NOTHING = 0.0, 0.0, 0.0


class Plan(NamedTuple):
    """All that the kernels are told of a chain.

    Attributes:
        words: Of the networks' plans, and where other weights lie.
        sides: As in `chain_kernels`.
        reals: As there.
        masked: Plans of networks with dropout.
        values: Where in the buffer values between layers lie, in bytes.
        size: Of the buffer, in numbers.
        most: That one network tells.
    """

    words: fused.Words
    sides: Int64[ndarray, "S W"]
    reals: Float32[ndarray, "S 3"]
    masked: list[tuple[fused.Plan, nn.Module]]
    values: list[int]
    size: int
    most: int


@cache
def kernels() -> ModuleType:
    """As `fused.kernels`."""
    from . import chain_kernels

    return chain_kernels


def known(layer: nn.Module) -> bool:
    """Whether the kernels can stand in for it."""
    if isinstance(layer, ActNorm | Permutation | Scale | Rotation):
        return True
    return warped(layer) and _known(layer.warp)


def warped(layer: nn.Module) -> bool:
    """Whether networks tell how it warps."""
    return isinstance(layer, Coupling | Elementwise)


def _known(warp: Warp) -> bool:
    if isinstance(warp, Affine):
        return warp.bend in BENDS
    return isinstance(warp, Spline | FreeSpline) and warp.kind.moderate


def planned(
    layers: Sequence[nn.Module], x: Float[Tensor, "M B D"], features: Float[Tensor, "M B F"]
) -> Plan:
    """For values and features that lie as these do."""
    tables = _Tables(x, features, fused.padded(x.numel()) * (len(layers) - 1))
    for at, layer in enumerate(layers):
        if warped(layer):
            tables.add_halves(at, layer)
        else:
            tables.add_linear(at, layer)
    return tables.plan(len(layers))


@dataclass
class _Tables:
    x: Tensor
    features: Tensor
    size: int  # of the buffer so far
    column: int = 0  # of the features
    begin: int = 0  # of the words
    most: int = 0
    words: list = field(default_factory=list)
    sides: list = field(default_factory=list)
    reals: list = field(default_factory=list)
    masked: list = field(default_factory=list)

    def add_halves(self, at: int, layer: nn.Module) -> None:
        (members, rows, dim), whole = self.x.shape, self.features.shape[-1]
        steps = self.features.stride()
        kind, form, reals = _warps(layer.warp)
        for side, half in enumerate(layer.halves()):
            network = half.network
            copies, hidden = network.copies, network.first.shape[-1]
            seen = fused.Rows(rows * dim, 0, dim)
            offset = fused.Rows(steps[0], hidden, steps[1])
            by_offset = fused.Rows(rows * whole, hidden, whole)
            told = fused.plan(network, members, rows, seen, offset, by_offset)
            if any(dropout.keep < 1 for dropout in network.dropouts):
                self.masked.append((len(self.sides), told, network))
            places = half.sees, self.column, self.size, self.size + told.told
            where = kind, form, members, copies, rows, dim, half.width, half.low
            self._add(at, at + side, places, where, told.words, reals)
            self.most = max(self.most, members * rows * copies * network.outputs)
            self.size, self.column = self.size + told.size, self.column + copies * hidden

    def add_linear(self, at: int, layer: nn.Module) -> None:
        members, rows, dim = self.x.shape
        told = kernels()
        kinds = {ActNorm: told.NORM, Scale: told.SCALE, Rotation: told.TURN}
        kind = kinds.get(type(layer), told.PERMUTATION)
        parts = layer.weights()
        parts = [layer.order] if not parts else [*parts, *(part.grad for part in parts)]
        words = [word for part in parts for word in (part.data_ptr(), part.stride(0))]
        where = kind, 0, members, 1, rows, dim, dim, 0
        self._add(at, at, (0, 0, 0, 0), where, array(words), NOTHING)

    def _add(self, at, sees, places, where, words, reals) -> None:  # noqa: ANN001
        end, in_bytes = self.begin + len(words), [BYTES * place for place in places]
        self.sides.append((self.begin, end, at, sees, *in_bytes, *where))
        self.words.append(words)
        self.reals.append(reals)
        self.begin = end

    def plan(self, layers: int) -> Plan:
        words, between = concatenate(self.words), fused.padded(self.x.numel())
        masked = []
        for side, told, network in self.masked:
            begin, end = self.sides[side][:2]
            masked.append((told._replace(words=words[begin:end]), network))
        values = [BYTES * between * layer for layer in range(layers - 1)]
        tables = array(self.sides), array(self.reals, float32)
        return Plan(words, *tables, masked, values, self.size, self.most)


def _warps(warp: Warp) -> tuple[int, int, tuple[float, float, float]]:
    """A warp as the kernels know it: its kind, its bend or number of bins, and three numbers."""
    told = kernels()
    if isinstance(warp, Affine):
        return told.AFFINE, list(BENDS).index(warp.bend), (BENDS[warp.bend], 0.0, 0.0)
    free, (bins, *reals) = warp.kind.told
    return told.FREE_SPLINE if free else told.SPLINE, bins, tuple(map(float, reals))

"""Boxes, bins and slopes of a block of values."""

import math
from typing import no_type_check

import numpy as np
from numba import njit
from numpy import float32, int32, int64

WIDTH = 64  # values side by side: all that is known of their bins stays in the fastest cache
# Not "nnan" or "ninf": what is not finite is to be seen.
FAST = {
    "cache": True,
    "error_model": "numpy",
    "nogil": True,
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}
PER_LN2, LN2 = float32(1 / math.log(2)), float32(math.log(2))
TAYLOR = tuple(float32(1 / math.factorial(k)) for k in range(7, -1, -1))
ODD = tuple(float32(1 / k) for k in range(15, -1, -2))
NONE, HALF, ONE, TWO, FOUR = float32(0), float32(0.5), float32(1), float32(2), float32(4)
LOWEST, SHIFT, UNSHIFT = float32(-27), 40, float32(2.0**-40)
TINY = float32(1e-30)  # keeps a root from 0
UNIT = float32(math.log(math.e - 1))  # what softplus makes 1 of


@njit(inline="always", **FAST)
@no_type_check
def exp(x):
    """Of -27 to 15: unlike the library's, it is nothing but arithmetic."""
    n = np.floor(x * PER_LN2 + HALF)
    rest = x - n * LN2
    found = TAYLOR[0]
    for k in range(1, len(TAYLOR)):
        found = found * rest + TAYLOR[k]
    return found * (float32(1 << (int64(n) + SHIFT)) * UNSHIFT)


@njit(inline="always", **FAST)
@no_type_check
def softplus(x):
    """log(1 + exp(x)); the logarithm by the series of the inverse hyperbolic tangent."""
    u = exp(max(-abs(x), LOWEST))
    share = u / (TWO + u)
    square = share * share
    found = ODD[0]
    for k in range(1, len(ODD)):
        found = found * square + ODD[k]
    return max(x, NONE) + TWO * share * found


@njit(inline="always", **FAST)
@no_type_check
def clipped(raw, limit):
    return raw / (ONE + abs(raw) / limit)


@njit(inline="always", **FAST)
@no_type_check
def clipped_slope(raw, limit):
    below = ONE / (ONE + abs(raw) / limit)
    return below * below


@njit(inline="always", **FAST)
@no_type_check
def softplus_slope(size, least):
    return ONE - exp(max(-size, LOWEST)) if size > least else NONE


@njit(**FAST)
@no_type_check
def _shares(raw, total, limit, sizes):
    """Sizes (K, WIDTH) as a softmax of raw numbers, which the limit keeps from overflowing."""
    whole = np.zeros(WIDTH, float32)
    for k in range(len(sizes)):
        for j in range(WIDTH):
            sizes[k, j] = exp(clipped(raw[k, j], limit))
        for j in range(WIDTH):
            whole[j] += sizes[k, j]
    for j in range(WIDTH):
        whole[j] = total / whole[j]
    for k in range(len(sizes)):
        for j in range(WIDTH):
            sizes[k, j] *= whole[j]


@njit(**FAST)
@no_type_check
def _positives(raw, shift, least, sizes, whole):
    """Sizes (K, WIDTH) as a softplus of raw numbers, and their sum."""
    whole[:] = 0
    for k in range(len(sizes)):
        for j in range(WIDTH):
            sizes[k, j] = max(softplus(raw[k, j] + shift), least)
        for j in range(WIDTH):
            whole[j] += sizes[k, j]


@njit(**FAST)
@no_type_check
def loaded(value, params, first, m, v, raw):
    """The next block of values (WIDTH,) and raw numbers (P, WIDTH), filled up with zeros."""
    if m < WIDTH:
        v[:] = 0
        raw[:] = 0
    for j in range(m):
        v[j] = value[first + j]
        for k in range(len(raw)):
            raw[k, j] = params[first + j, k]


@njit(**FAST)
@no_type_check
def box(raw, free, shape, sizes, corner, whole):
    """Sizes (2, K, WIDTH) of all bins, the box's lower left corner and its size (2, WIDTH)."""
    bins, bound, limit = shape
    if not free:
        corner[:] = -bound
        whole[:] = TWO * bound
        for axis in range(2):
            own = raw[axis * bins : (axis + 1) * bins]
            _shares(own, TWO * bound, HALF * limit, sizes[axis])
        return
    shift = float32(math.log(math.expm1(TWO * bound / float32(bins))))
    for axis in range(2):
        for j in range(WIDTH):
            corner[axis, j] = raw[axis, j] - bound
        own = raw[2 + axis * bins : 2 + (axis + 1) * bins]
        _positives(own, shift, limit, sizes[axis], whole[axis])


@njit(**FAST)
@no_type_check
def bin_of(inner, sizes, corner, whole, axis, index, low, size):
    """Where in the box each value lies: its bin, that bin's lower left corner and its size."""
    other, bins = 1 - axis, sizes.shape[1]
    edge = corner[axis].copy()
    index[:] = 0
    low[:] = corner
    size[:] = sizes[:, 0]
    for k in range(1, bins):
        for j in range(WIDTH):
            edge[j] += sizes[axis, k - 1, j]
            here = inner[j] >= edge[j]
            index[j] = int32(k) if here else index[j]
            low[axis, j] = edge[j] if here else low[axis, j]
            low[other, j] += sizes[other, k - 1, j] if here else NONE
            size[0, j] = sizes[0, k, j] if here else size[0, j]
            size[1, j] = sizes[1, k, j] if here else size[1, j]
    for side in range(2):
        for j in range(WIDTH):  # the last bin ends where the box does, not where rounding has it
            rest = corner[side, j] + whole[side, j] - low[side, j]
            size[side, j] = rest if index[j] == bins - 1 else size[side, j]


@njit(**FAST)
@no_type_check
def ends(raw, free, shape, index, whole, told, slopes):
    """Slopes (2, WIDTH) at both ends of each value's bin, and the raw numbers that told them."""
    bins, _, limit = shape
    first = len(raw) - (bins - 1)
    told[:] = 0
    for k in range(bins - 1):
        for j in range(WIDTH):
            told[0, j] = raw[first + k, j] if index[j] == k + 1 else told[0, j]
            told[1, j] = raw[first + k, j] if index[j] == k else told[1, j]
    for end in range(2):
        outer = 0 if end == 0 else bins - 1
        for j in range(WIDTH):
            if free:
                inner = max(softplus(told[end, j] + UNIT), limit)
            else:
                inner = exp(clipped(told[end, j], limit))
            slopes[end, j] = whole[1, j] / whole[0, j] if index[j] == outer else inner

"""The rational-quadratic splines on a CPU, in single precision, with the gradient in closed form.

As tensor operations a spline is a hundred small ones, which take longer than the networks that
tell it. Here values are worked on side by side, bin by bin and without branches, which compiles
to vector code. `spline.py` and `published.py` have the same arithmetic for every other device and
precision; but where parameters are NaN, all values become NaN here, those outside the box too.

Throughout: value (N,) and params (N, P), a row for each; `free` says which spline they are of
(`published.FreeSpline` or `spline.Spline`), `shape` is (bins K, half width of the box at zero,
limit of the own one's raw numbers or least size of the free one's, what softplus makes a bin's
width of where the free one's raw numbers are 0). In a block of values, the
first axis of two is along x and along z, or at the left and at the right end of a bin.

All of it is one file, as numba's cache of a kernel is renewed with the file it stands in, not with
those that it calls; where `exp` or `pointer` change, change this file too.
"""

import math
from typing import no_type_check

import numpy as np
from numba import carray, njit
from numpy import float32, int32, int64

from ..networks.kernels import FAST, exp, pointer

WIDTH = 64  # values side by side: all that is known of their bins stays in the fastest cache
ODD = tuple(float32(1 / k) for k in range(15, -1, -2))
ZERO, HALF, ONE, TWO, FOUR = float32(0), float32(0.5), float32(1), float32(2), float32(4)
LOWEST = float32(-27)
TINY = float32(1e-30)  # keeps a root from 0
UNIT = float32(math.log(math.e - 1))  # what softplus makes 1 of


@njit(inline="always", **FAST)
@no_type_check
def _softplus(x):
    """log(1 + exp(x)); the logarithm by the series of the inverse hyperbolic tangent."""
    u = exp(max(-abs(x), LOWEST))
    share = u / (TWO + u)
    square = share * share
    found = ODD[0]
    for k in range(1, len(ODD)):
        found = found * square + ODD[k]
    return max(x, ZERO) + TWO * share * found


@njit(inline="always", **FAST)
@no_type_check
def _clipped(raw, limit):
    return raw / (ONE + abs(raw) / limit)


@njit(inline="always", **FAST)
@no_type_check
def _clipped_slope(raw, limit):
    below = ONE / (ONE + abs(raw) / limit)
    return below * below


@njit(inline="always", **FAST)
@no_type_check
def _softplus_slope(size, least):
    return ONE - exp(max(-size, LOWEST)) if size > least else ZERO


@njit(**FAST)
@no_type_check
def _shares(raw, total, limit, sizes):
    """Sizes (K, WIDTH) as a softmax of raw numbers, which the limit keeps from overflowing."""
    whole = np.zeros(WIDTH, float32)
    for k in range(len(sizes)):
        for j in range(WIDTH):
            sizes[k, j] = exp(_clipped(raw[k, j], limit))
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
            sizes[k, j] = max(_softplus(raw[k, j] + shift), least)
        for j in range(WIDTH):
            whole[j] += sizes[k, j]


@njit(**FAST)
@no_type_check
def _loaded(value, params, first, m, v, raw):
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
def _box(raw, free, shape, sizes, corner, whole):
    """Sizes (2, K, WIDTH) of all bins, the box's lower left corner and its size (2, WIDTH)."""
    bins, bound, limit, shift = shape
    if not free:
        corner[:] = -bound
        whole[:] = TWO * bound
        for axis in range(2):
            own = raw[axis * bins : (axis + 1) * bins]
            _shares(own, TWO * bound, HALF * limit, sizes[axis])
        return
    for axis in range(2):
        for j in range(WIDTH):
            corner[axis, j] = raw[axis, j] - bound
        own = raw[2 + axis * bins : 2 + (axis + 1) * bins]
        _positives(own, shift, limit, sizes[axis], whole[axis])


@njit(**FAST)
@no_type_check
def _bin(inner, sizes, corner, whole, axis, index, low, size):
    """Where in the box each value lies: its bin, that bin's lower left corner and its size."""
    other, bins = 1 - axis, sizes.shape[1]
    edge = corner[axis].copy()
    index[:] = 0
    for end in range(2):
        for j in range(WIDTH):
            low[end, j], size[end, j] = corner[end, j], sizes[end, 0, j]
    for k in range(1, bins):
        for j in range(WIDTH):
            edge[j] += sizes[axis, k - 1, j]
            here = inner[j] >= edge[j]
            index[j] = int32(k) if here else index[j]
            low[axis, j] = edge[j] if here else low[axis, j]
            low[other, j] += sizes[other, k - 1, j] if here else ZERO
            size[0, j] = sizes[0, k, j] if here else size[0, j]
            size[1, j] = sizes[1, k, j] if here else size[1, j]
    for side in range(2):
        for j in range(WIDTH):  # the last bin ends where the box does, not where rounding has it
            rest = corner[side, j] + whole[side, j] - low[side, j]
            size[side, j] = rest if index[j] == bins - 1 else size[side, j]


@njit(**FAST)
@no_type_check
def _ends(raw, free, shape, index, whole, told, slopes):
    """Slopes (2, WIDTH) at both ends of each value's bin, and the raw numbers that told them."""
    bins, _, limit, _ = shape
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
                inner = max(_softplus(told[end, j] + UNIT), limit)
            else:
                inner = exp(_clipped(told[end, j], limit))
            slopes[end, j] = whole[1, j] / whole[0, j] if index[j] == outer else inner


@njit(**FAST)
@no_type_check
def warp(value, params, free, shape, backwards, warped, log_slope):
    """Fills `warped` and `log_slope`: data to latent, or `backwards`."""
    bins = shape[0]
    axis = 1 if backwards else 0
    raw, sizes = np.empty((params.shape[1], WIDTH), float32), np.empty((2, bins, WIDTH), float32)
    corner, whole, low, size, told, slopes = np.empty((6, 2, WIDTH), float32)
    v, inner, found, slope = np.empty((4, WIDTH), float32)
    index = np.empty(WIDTH, int32)
    for first in range(0, len(value), WIDTH):
        m = min(WIDTH, len(value) - first)
        _loaded(value, params, first, m, v, raw)
        _box(raw, free, shape, sizes, corner, whole)
        for j in range(WIDTH):
            inner[j] = min(max(v[j], corner[axis, j]), corner[axis, j] + whole[axis, j])
        _bin(inner, sizes, corner, whole, axis, index, low, size)
        _ends(raw, free, shape, index, whole, told, slopes)
        for j in range(WIDTH):
            start, end, width, height = slopes[0, j], slopes[1, j], size[0, j], size[1, j]
            steep = height / width
            bend = start + end - TWO * steep
            if backwards:
                risen = inner[j] - low[1, j]
                a = height * (steep - start) + risen * bend
                b = height * start - risen * bend
                root = math.sqrt(max(b * b + FOUR * a * steep * risen, TINY))
                share = min(max(TWO * steep * risen / (b + root), ZERO), ONE)
            else:
                share = (inner[j] - low[0, j]) / width
            rest = ONE - share
            mixed = share * rest
            below = steep + bend * mixed
            above = end * share * share + TWO * steep * mixed + start * rest * rest
            climb, line = steep * steep * above / (below * below), whole[1, j] / whole[0, j]
            over = v[j] - inner[j]
            if backwards:
                inside = low[0, j] + share * width
                climb, line = ONE / climb, ONE / line
            else:
                inside = low[1, j] + height * (steep * share * share + start * mixed) / below
            found[j] = inside + line * over
            slope[j] = climb if over == 0 else line
        for j in range(m):
            warped[first + j] = found[j]
            log_slope[first + j] = math.log(slope[j])


@njit(**FAST)
@no_type_check
def gradient(value, params, free, shape, by_warped, by_slope, by_value, by_params):
    """Fills the gradients by value and params, given those by both results of `warp` forwards."""
    bins, bound, limit, _ = shape
    raw, sizes = np.empty((params.shape[1], WIDTH), float32), np.empty((2, bins, WIDTH), float32)
    out = np.empty_like(raw)
    corner, whole, low, size, told, slopes = np.empty((6, 2, WIDTH), float32)
    # By the lower left corner, size and end slopes of the bin; by the box's corner and size.
    of_low, of_size, of_slopes, of_corner, of_whole = np.empty((5, 2, WIDTH), float32)
    v, inner, of_value, to_z, to_log = np.zeros((5, WIDTH), float32)
    index = np.empty(WIDTH, int32)
    for first in range(0, len(value), WIDTH):
        m = min(WIDTH, len(value) - first)
        _loaded(value, params, first, m, v, raw)
        for j in range(m):
            to_z[j], to_log[j] = by_warped[first + j], by_slope[first + j]
        _box(raw, free, shape, sizes, corner, whole)
        for j in range(WIDTH):
            inner[j] = min(max(v[j], corner[0, j]), corner[0, j] + whole[0, j])
        _bin(inner, sizes, corner, whole, int64(0), index, low, size)
        _ends(raw, free, shape, index, whole, told, slopes)
        for j in range(WIDTH):
            start, end, width, height = slopes[0, j], slopes[1, j], size[0, j], size[1, j]
            over, line = v[j] - inner[j], whole[1, j] / whole[0, j]
            inside = over == 0
            z, log = (to_z[j], to_log[j]) if inside else (ZERO, ZERO)
            steep, share = height / width, (inner[j] - low[0, j]) / width
            bend, rest = start + end - TWO * steep, ONE - share
            mixed, tilt = share * rest, ONE - TWO * share
            below = ONE / (steep + bend * mixed)
            above = end * share * share + TWO * steep * mixed + start * rest * rest
            risen = (steep * share * share + start * mixed) * below  # share of the height
            rise, top, twice = z * height * below, log / above, TWO * log * below
            of_share = rise * steep * above * below - twice * bend * tilt
            of_share += TWO * top * (end * share + steep * tilt - start * rest)
            of_steep = rise * (share * share - risen * (ONE - TWO * mixed)) + TWO * top * mixed
            of_steep += TWO * log / steep - twice * (ONE - TWO * mixed)
            of_slopes[0, j] = rise * mixed * (ONE - risen) + top * rest * rest - twice * mixed
            of_slopes[1, j] = top * share * share - twice * mixed - rise * mixed * risen
            of_low[0, j], of_low[1, j] = -of_share / width, z
            of_size[0, j] = -(of_share * share + of_steep * steep) / width
            of_size[1, j] = z * risen + of_steep / width
            of_value[j] = of_share / width if inside else to_z[j] * line
            # Outside there is a line from the nearer corner, as steep as the whole box; that is
            # the slope at the box's ends too.
            of_line = ZERO if inside else to_z[j] * over + to_log[j] / line
            of_line += of_slopes[0, j] if index[j] == 0 else ZERO
            of_line += of_slopes[1, j] if index[j] == bins - 1 else ZERO
            far = to_z[j] if over > 0 else ZERO
            of_corner[0, j] = of_low[0, j] if inside else -to_z[j] * line
            of_corner[1, j] = to_z[j]
            of_whole[0, j] = -far * line - of_line * line / whole[0, j]
            of_whole[1, j] = far + of_line / whole[0, j]
        if free:
            _to_positives(out, bins, limit, sizes, index, of_low, of_size, of_corner, of_whole)
        else:
            of_box = TWO * bound, HALF * limit
            _to_shares(raw, out, of_box, sizes, corner, index, low, of_low, of_size)
        _to_slopes(out, free, shape, index, told, slopes, of_slopes)
        for j in range(m):
            by_value[first + j] = of_value[j]
            for k in range(len(out)):
                by_params[first + j, k] = out[k, j]


@njit(**FAST)
@no_type_check
def _to_shares(raw, out, of_box, sizes, corner, index, low, of_low, of_size):
    """Back through the softmax; it minds differences alone, so that the last edge is no case."""
    bins, mean = sizes.shape[1], np.empty(WIDTH, float32)
    total, limit = of_box
    for axis in range(2):
        mean[:] = 0
        for k in range(bins):
            for j in range(WIDTH):
                mean[j] += of_size[axis, j] * sizes[axis, k, j] if k == index[j] else ZERO
        for j in range(WIDTH):
            mean[j] = (mean[j] + of_low[axis, j] * (low[axis, j] - corner[axis, j])) / total
        for k in range(bins):
            column = axis * bins + k
            for j in range(WIDTH):
                pull = of_low[axis, j] if k < index[j] else ZERO
                pull = of_size[axis, j] if k == index[j] else pull
                bent = _clipped_slope(raw[column, j], limit)
                out[column, j] = sizes[axis, k, j] * (pull - mean[j]) * bent


@njit(**FAST)
@no_type_check
def _to_positives(out, bins, least, sizes, index, of_low, of_size, of_corner, of_whole):
    """Back through the softplus, whose slope is 1 - exp(-size)."""
    for axis in range(2):
        for j in range(WIDTH):
            out[axis, j] = of_corner[axis, j]
        for k in range(bins):
            for j in range(WIDTH):
                pull = of_low[axis, j] if k < index[j] else ZERO
                pull = of_size[axis, j] if k == index[j] else pull
                slope = _softplus_slope(sizes[axis, k, j], least)
                out[2 + axis * bins + k, j] = (pull + of_whole[axis, j]) * slope


@njit(**FAST)
@no_type_check
def _to_slopes(out, free, shape, index, told, slopes, of_slopes):
    """Back to the raw numbers of the inner slopes."""
    bins, _, limit, _ = shape
    first = len(out) - (bins - 1)
    for end in range(2):
        for j in range(WIDTH):
            if free:
                of_slopes[end, j] *= _softplus_slope(slopes[end, j], limit)
            else:
                of_slopes[end, j] *= slopes[end, j] * _clipped_slope(told[end, j], limit)
    for k in range(bins - 1):
        for j in range(WIDTH):
            pull = of_slopes[0, j] if index[j] == k + 1 else ZERO
            out[first + k, j] = pull + (of_slopes[1, j] if index[j] == k else ZERO)


@njit(**FAST)
@no_type_check
def _array(address, rows, columns):
    return carray(pointer(address), (rows, columns), float32)


@njit(**FAST)
@no_type_check
def _to_flat(rows, low, width, flat):
    for row in range(len(rows)):
        for k in range(width):
            flat[row * width + k] = rows[row, low + k]


@njit(**FAST)
@no_type_check
def forward(sizes, free, shape, value, told, warped, log_det):
    """Warps some coordinates of rows, and adds to the log determinants.

    `sizes` are the numbers of rows, of coordinates of each, of those that are warped and of those
    before them; the arrays lie without gaps at the addresses given.
    """
    rows, dim, width, low = sizes
    x, z = _array(value, rows, dim), _array(warped, rows, dim)
    params = _array(told, rows * width, 3 * shape[0] + (1 if free else -1))
    inner, found, slope = np.empty((3, rows * width), float32)
    _to_flat(x, low, width, inner)
    warp(inner, params, free, shape, False, found, slope)
    total = _array(log_det, rows, 1)
    for row in range(rows):
        for k in range(width):
            z[row, low + k] = found[row * width + k]
            total[row, 0] += slope[row * width + k]


@njit(**FAST)
@no_type_check
def backward(sizes, free, shape, value, told, by, by_log_det, by_told):
    """Makes `by` that by the values, where it was by what is warped; fills that by what is told."""
    rows, dim, width, low = sizes
    x, given, total = _array(value, rows, dim), _array(by, rows, dim), _array(by_log_det, rows, 1)
    n, each = rows * width, 3 * shape[0] + (1 if free else -1)
    params, by_params = _array(told, n, each), _array(by_told, n, each)
    inner, by_warped, by_slope, by_value = np.empty((4, n), float32)
    _to_flat(x, low, width, inner)
    _to_flat(given, low, width, by_warped)
    for row in range(rows):
        for k in range(width):
            by_slope[row * width + k] = total[row, 0]
    gradient(inner, params, free, shape, by_warped, by_slope, by_value, by_params)
    for row in range(rows):
        for k in range(width):
            given[row, low + k] = by_value[row * width + k]

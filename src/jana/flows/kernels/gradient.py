"""The gradient of a spline, in closed form."""

from typing import no_type_check

import numpy as np
from numba import njit
from numpy import float32, int32

from .bins import (
    FAST,
    HALF,
    NONE,
    ONE,
    TWO,
    WIDTH,
    bin_of,
    box,
    clipped_slope,
    ends,
    loaded,
    softplus_slope,
)


@njit(**FAST)
@no_type_check
def gradient(value, params, free, shape, by_warped, by_slope, by_value, by_params):
    """Fills the gradients by value and params, given those by both results of `warp` forwards."""
    bins, bound, limit = shape
    raw, sizes = np.empty((params.shape[1], WIDTH), float32), np.empty((2, bins, WIDTH), float32)
    out = np.empty_like(raw)
    corner, whole, low, size, told, slopes = np.empty((6, 2, WIDTH), float32)
    # By the lower left corner, size and end slopes of the bin; by the box's corner and size.
    of_low, of_size, of_slopes, of_corner, of_whole = np.empty((5, 2, WIDTH), float32)
    v, inner, of_value, to_z, to_log = np.zeros((5, WIDTH), float32)
    index = np.empty(WIDTH, int32)
    for first in range(0, len(value), WIDTH):
        m = min(WIDTH, len(value) - first)
        loaded(value, params, first, m, v, raw)
        to_z[:m], to_log[:m] = by_warped[first : first + m], by_slope[first : first + m]
        box(raw, free, shape, sizes, corner, whole)
        for j in range(WIDTH):
            inner[j] = min(max(v[j], corner[0, j]), corner[0, j] + whole[0, j])
        bin_of(inner, sizes, corner, whole, 0, index, low, size)
        ends(raw, free, shape, index, whole, told, slopes)
        for j in range(WIDTH):
            start, end, width, height = slopes[0, j], slopes[1, j], size[0, j], size[1, j]
            over, line = v[j] - inner[j], whole[1, j] / whole[0, j]
            inside = over == 0
            z, log = (to_z[j], to_log[j]) if inside else (NONE, NONE)
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
            of_line = NONE if inside else to_z[j] * over + to_log[j] / line
            of_line += of_slopes[0, j] if index[j] == 0 else NONE
            of_line += of_slopes[1, j] if index[j] == bins - 1 else NONE
            far = to_z[j] if over > 0 else NONE
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
                mean[j] += of_size[axis, j] * sizes[axis, k, j] if k == index[j] else NONE
        for j in range(WIDTH):
            mean[j] = (mean[j] + of_low[axis, j] * (low[axis, j] - corner[axis, j])) / total
        for k in range(bins):
            column = axis * bins + k
            for j in range(WIDTH):
                pull = of_low[axis, j] if k < index[j] else NONE
                pull = of_size[axis, j] if k == index[j] else pull
                bent = clipped_slope(raw[column, j], limit)
                out[column, j] = sizes[axis, k, j] * (pull - mean[j]) * bent


@njit(**FAST)
@no_type_check
def _to_positives(out, bins, least, sizes, index, of_low, of_size, of_corner, of_whole):
    """Back through the softplus, whose slope is 1 - exp(-size)."""
    for axis in range(2):
        out[axis] = of_corner[axis]
        for k in range(bins):
            for j in range(WIDTH):
                pull = of_low[axis, j] if k < index[j] else NONE
                pull = of_size[axis, j] if k == index[j] else pull
                slope = softplus_slope(sizes[axis, k, j], least)
                out[2 + axis * bins + k, j] = (pull + of_whole[axis, j]) * slope


@njit(**FAST)
@no_type_check
def _to_slopes(out, free, shape, index, told, slopes, of_slopes):
    """Back to the raw numbers of the inner slopes."""
    bins, _, limit = shape
    first = len(out) - (bins - 1)
    for end in range(2):
        for j in range(WIDTH):
            if free:
                of_slopes[end, j] *= softplus_slope(slopes[end, j], limit)
            else:
                of_slopes[end, j] *= slopes[end, j] * clipped_slope(told[end, j], limit)
    for k in range(bins - 1):
        for j in range(WIDTH):
            pull = of_slopes[0, j] if index[j] == k + 1 else NONE
            out[first + k, j] = pull + (of_slopes[1, j] if index[j] == k else NONE)

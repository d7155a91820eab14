"""Both directions of a spline."""

import math
from typing import no_type_check

import numpy as np
from numba import njit
from numpy import float32, int32

from .bins import FAST, FOUR, NONE, ONE, TINY, TWO, WIDTH, bin_of, box, ends, loaded


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
        loaded(value, params, first, m, v, raw)
        box(raw, free, shape, sizes, corner, whole)
        for j in range(WIDTH):
            inner[j] = min(max(v[j], corner[axis, j]), corner[axis, j] + whole[axis, j])
        bin_of(inner, sizes, corner, whole, axis, index, low, size)
        ends(raw, free, shape, index, whole, told, slopes)
        for j in range(WIDTH):
            start, end, width, height = slopes[0, j], slopes[1, j], size[0, j], size[1, j]
            steep = height / width
            bend = start + end - TWO * steep
            if backwards:
                risen = inner[j] - low[1, j]
                a = height * (steep - start) + risen * bend
                b = height * start - risen * bend
                root = math.sqrt(max(b * b + FOUR * a * steep * risen, TINY))
                share = min(max(TWO * steep * risen / (b + root), NONE), ONE)
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

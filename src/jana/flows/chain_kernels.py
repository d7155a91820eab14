"""Chains of layers as one call each way, so that threads need not wait for each other.

A chain is told as tables with a row for each side, some coordinates that a network tells how to
warp, or for a layer without a network: whole numbers by the names below, and three real ones, which
are an affine warp's limit, or a spline's half width, limit and shift. `words` are the networks'
plans, see `networks.kernels`, and where other weights lie, see `linear_kernels`. `values` are the
addresses of the values before the first layer, between layers and behind the last; what else lies
somewhere is told by its address too.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import no_type_check

from numba import njit

from ..networks import kernels as perceptron
from . import affine_kernels as affine
from . import kernels as spline
from . import linear_kernels as linear

# Where the network's plan begins and ends; the layer whose values are warped, and the one whose
# values the network sees; places in bytes, of what it sees in a row of them, of its features in a
# row of these, of its buffer in the whole one, and of what it tells in the whole buffer.
BEGIN, END, LAYER, SEES, SEEN, OFFSET, BUFFER, TOLD = range(8)
# The warp, with its bend or its number of bins; M, P, B, D, K and low as in `affine_kernels`.
KIND, FORM, MEMBERS, COPIES, ROWS, DIM, WIDTH, LOW = range(8, 16)
FIELDS = 16
KINDS = AFFINE, SPLINE, FREE_SPLINE, NORM, SCALE, PERMUTATION, TURN = range(7)


def _stamp() -> int:
    """Of the files whose kernels are called here, as numba's cache would not see a change there."""
    files = [part.__file__ for part in (perceptron, affine, spline, linear)]
    whole = b"".join(Path(file).read_bytes() for file in files)
    return int.from_bytes(hashlib.sha256(whole).digest()[:4], "little") + 1


def _made(stamp: int) -> tuple[Callable, Callable]:
    @njit(**perceptron.FAST)
    @no_type_check
    def forward(words, sides, reals, values, features, buffer, log_det):
        for s in range(len(sides) if stamp else 0):
            side, real, plan = sides[s], reals[s], words[sides[s, BEGIN] : sides[s, END]]
            kind, form, x, z = side[KIND], side[FORM], values[side[LAYER]], values[side[LAYER] + 1]
            m, p, b = side[MEMBERS], side[COPIES], side[ROWS]
            d, k, low = side[DIM], side[WIDTH], side[LOW]
            if kind == NORM or kind == SCALE:
                linear.scale_forward((m, b, d), kind == NORM, plan, x, z, log_det)
                continue
            if kind == PERMUTATION:
                linear.permute_forward((m, b, d), plan, x, z)
                continue
            if kind == TURN:
                linear.turn_forward((m, b, d), plan, x, z, log_det)
                continue
            seen, offset = values[side[SEES]] + side[SEEN], features + side[OFFSET]
            perceptron.forward(plan, seen, offset, buffer + side[BUFFER])
            told = buffer + side[TOLD]
            if kind == AFFINE:
                affine.forward((m, p, b, d, k, low), form, real[0], x, told, z, log_det)
            else:
                shape = form, real[0], real[1], real[2]
                spline.forward((m * b, d, k, low), kind == FREE_SPLINE, shape, x, told, z, log_det)

    @njit(**perceptron.FAST)
    @no_type_check
    def backward(words, sides, reals, values, buffer, by, by_log_det, by_told, by_features):
        for s in range(len(sides) - 1 if stamp else -1, -1, -1):
            side, real, plan = sides[s], reals[s], words[sides[s, BEGIN] : sides[s, END]]
            kind, form, x = side[KIND], side[FORM], values[side[LAYER]]
            m, p, b = side[MEMBERS], side[COPIES], side[ROWS]
            d, k, low = side[DIM], side[WIDTH], side[LOW]
            if kind == NORM or kind == SCALE:
                linear.scale_backward((m, b, d), kind == NORM, plan, x, by, by_log_det)
                continue
            if kind == PERMUTATION:
                linear.permute_backward((m, b, d), plan, by)
                continue
            if kind == TURN:
                linear.turn_backward((m, b, d), plan, x, by, by_log_det)
                continue
            told = buffer + side[TOLD]
            if kind == AFFINE:
                sizes = m, p, b, d, k, low
                affine.backward(sizes, form, real[0], x, told, by, by_log_det, by_told)
            else:
                shape, sizes = (form, real[0], real[1], real[2]), (m * b, d, k, low)
                free = kind == FREE_SPLINE
                spline.backward(sizes, free, shape, x, told, by, by_log_det, by_told)
            seen, offset = values[side[SEES]] + side[SEEN], by_features + side[OFFSET]
            perceptron.backward(plan, seen, buffer + side[BUFFER], by_told, by + side[SEEN], offset)

    return forward, backward


forward, backward = _made(_stamp())

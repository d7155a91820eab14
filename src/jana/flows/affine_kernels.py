"""The affine warps on a CPU, in single precision, with the gradient in closed form.

P networks of each of M members tell a warp: one, of raw log scale and shift of each coordinate,
(M, B, K, 2); or two, one of each, (M, 2, B, K). What is warped are the K coordinates from `low` on
of values (M, B, D). All arrays lie without gaps at the addresses given, and `sizes` are M, P, B, D,
K and `low`.
"""

import math
from typing import no_type_check

from numba import carray, njit
from numpy import float32

from ..networks.kernels import FAST, pointer

ONE = float32(1)
SOFTCLIP, ARCTAN = range(2)  # what bends a log scale


@njit(**FAST)
@no_type_check
def _bent(raw, bend, limit):
    """The log scale, and its slope."""
    if bend == SOFTCLIP:
        share = ONE / (ONE + abs(raw) / limit)
        return raw * share, share * share
    slope, part = float32(2 / math.pi), raw / limit
    return slope * limit * float32(math.atan(part)), slope / (ONE + part * part)


@njit(**FAST)
@no_type_check
def _told(address, sizes):
    members, copies, rows, _, width, _ = sizes
    return carray(pointer(address), (members * copies * rows, width * 2 // copies), float32)


@njit(**FAST)
@no_type_check
def _values(address, sizes):
    return carray(pointer(address), (sizes[0] * sizes[2], sizes[3]), float32)


@njit(**FAST)
@no_type_check
def _places(row, k, sizes):
    """Where the raw log scale and the shift of a coordinate are told: rows, then columns."""
    _, copies, rows, _, _, _ = sizes
    if copies == 1:
        return row, row, 2 * k, 2 * k + 1
    first = row // rows * 2 * rows + row % rows
    return first, first + rows, k, k


@njit(**FAST)
@no_type_check
def forward(sizes, bend, limit, value, told, warped, log_det):
    """Fills the coordinates of what is warped, and adds to the log determinants (M, B)."""
    x, z, params = _values(value, sizes), _values(warped, sizes), _told(told, sizes)
    total, low = carray(pointer(log_det), (len(x),), float32), sizes[5]
    for row in range(len(x)):
        for k in range(sizes[4]):
            i, j, a, b = _places(row, k, sizes)
            log_scale, _ = _bent(params[i, a], bend, limit)
            z[row, low + k] = x[row, low + k] * float32(math.exp(log_scale)) + params[j, b]
            total[row] += log_scale


@njit(**FAST)
@no_type_check
def backward(sizes, bend, limit, value, told, by, by_log_det, by_told):
    """Makes `by` that by the values, where it was by what is warped; fills that by what is told."""
    x, params, found = _values(value, sizes), _told(told, sizes), _told(by_told, sizes)
    rows = _values(by, sizes)
    total, low = carray(pointer(by_log_det), (len(x),), float32), sizes[5]
    for row in range(len(x)):
        for k in range(sizes[4]):
            i, j, a, b = _places(row, k, sizes)
            log_scale, slope = _bent(params[i, a], bend, limit)
            given, scale = rows[row, low + k], float32(math.exp(log_scale))
            found[i, a] = (given * x[row, low + k] * scale + total[row]) * slope
            found[j, b] = given
            rows[row, low + k] = given * scale

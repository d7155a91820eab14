"""Layers without a network on a CPU, in single precision, with the gradient in closed form.

They scale and shift coordinates, put them in another order, or multiply them by a matrix.
Values (M, B, D) lie without gaps at the addresses given, and `sizes` are M, B and D. Weights are
rows, one for each member; gradients by them are added to what is there. Of each, `words` have the
address and the stride by member, in numbers: of the scale, of the shift, of their gradients; or of
the matrix and its gradient; or of the order, in whole numbers.
"""

import math
from typing import no_type_check

from numba import carray, njit
from numpy import empty, float32, int64

from ..networks.kernels import FAST, ONE, ZERO, pointer

SCALE, SHIFT, BY_SCALE, BY_SHIFT = 0, 2, 4, 6
MATRIX, BY_MATRIX = 0, 2
ORDER = 0


@njit(**FAST)
@no_type_check
def _values(address, sizes, m):
    return carray(pointer(address + 4 * m * sizes[1] * sizes[2]), (sizes[1], sizes[2]), float32)


@njit(**FAST)
@no_type_check
def _weights(words, place, m, dim):
    return carray(pointer(words[place] + 4 * m * words[place + 1]), (dim,), float32)


@njit(**FAST)
@no_type_check
def scale_forward(sizes, log, words, value, scaled, log_det):
    """z = x s + t, where s or, if `log`, its logarithm is learned; adds to the log determinants."""
    members, rows, dim = sizes
    factors = empty(dim, float32)
    for m in range(members):
        x, z = _values(value, sizes, m), _values(scaled, sizes, m)
        scale, shift = _weights(words, SCALE, m, dim), _weights(words, SHIFT, m, dim)
        total = carray(pointer(log_det + 4 * m * rows), (rows,), float32)
        steep = ZERO
        for d in range(dim):
            factors[d] = float32(math.exp(scale[d])) if log else scale[d]
            steep += scale[d] if log else float32(math.log(abs(scale[d])))
        for b in range(rows):
            total[b] += steep
            for d in range(dim):
                z[b, d] = x[b, d] * factors[d] + shift[d]


@njit(**FAST)
@no_type_check
def scale_backward(sizes, log, words, value, by, by_log_det):
    """Makes `by` that by the values, where it was by what is scaled; adds to those by weights."""
    members, rows, dim = sizes
    factors = empty(dim, float32)
    for m in range(members):
        x, given = _values(value, sizes, m), _values(by, sizes, m)
        scale, of_scale = _weights(words, SCALE, m, dim), _weights(words, BY_SCALE, m, dim)
        of_shift, steep = _weights(words, BY_SHIFT, m, dim), ZERO
        total = carray(pointer(by_log_det + 4 * m * rows), (rows,), float32)
        for b in range(rows):
            steep += total[b]
        for d in range(dim):
            factors[d] = float32(math.exp(scale[d])) if log else scale[d]
            of_scale[d] += steep if log else steep / scale[d]
        for b in range(rows):
            for d in range(dim):
                of_scale[d] += given[b, d] * x[b, d] * (factors[d] if log else ONE)
                of_shift[d] += given[b, d]
                given[b, d] *= factors[d]


@njit(**FAST)
@no_type_check
def permute_forward(sizes, words, value, permuted):
    """The coordinates in a member's own order."""
    members, rows, dim = sizes
    for m in range(members):
        x, z = _values(value, sizes, m), _values(permuted, sizes, m)
        order = carray(pointer(words[ORDER] + 8 * m * words[ORDER + 1]), (dim,), int64)
        for b in range(rows):
            for d in range(dim):
                z[b, d] = x[b, order[d]]


@njit(**FAST)
@no_type_check
def permute_backward(sizes, words, by):
    """As `scale_backward`."""
    members, rows, dim = sizes
    row = empty(dim, float32)
    for m in range(members):
        given = _values(by, sizes, m)
        order = carray(pointer(words[ORDER] + 8 * m * words[ORDER + 1]), (dim,), int64)
        for b in range(rows):
            for d in range(dim):
                row[order[d]] = given[b, d]
            for d in range(dim):
                given[b, d] = row[d]


@njit(**FAST)
@no_type_check
def _inverse(matrix):
    """The inverse, and log |det|, by Gauss and Jordan's elimination with pivots, in double."""
    dim = len(matrix)
    left, right, log_det = empty((dim, dim)), empty((dim, dim)), 0.0
    for i in range(dim):
        for j in range(dim):
            left[i, j], right[i, j] = matrix[i, j], 1.0 if i == j else 0.0
    for k in range(dim):
        pivot = k
        for i in range(k + 1, dim):
            if abs(left[i, k]) > abs(left[pivot, k]):
                pivot = i
        for j in range(dim):
            left[k, j], left[pivot, j] = left[pivot, j], left[k, j]
            right[k, j], right[pivot, j] = right[pivot, j], right[k, j]
        head = left[k, k]
        log_det += math.log(abs(head))
        for j in range(dim):
            left[k, j] /= head
            right[k, j] /= head
        for i in range(dim):
            share = left[i, k]
            if i != k:
                for j in range(dim):
                    left[i, j] -= share * left[k, j]
                    right[i, j] -= share * right[k, j]
    return right, log_det


@njit(**FAST)
@no_type_check
def _matrix(words, place, m, dim):
    return carray(pointer(words[place] + 4 * m * words[place + 1]), (dim, dim), float32)


@njit(**FAST)
@no_type_check
def turn_forward(sizes, words, value, turned, log_det):
    """z = x W; adds to the log determinants."""
    members, rows, dim = sizes
    for m in range(members):
        x, z, matrix = (
            _values(value, sizes, m),
            _values(turned, sizes, m),
            _matrix(words, MATRIX, m, dim),
        )
        total = carray(pointer(log_det + 4 * m * rows), (rows,), float32)
        steep = float32(_inverse(matrix)[1])
        for b in range(rows):
            total[b] += steep
            for d in range(dim):
                z[b, d] = ZERO
                for i in range(dim):
                    z[b, d] += x[b, i] * matrix[i, d]


@njit(**FAST)
@no_type_check
def turn_backward(sizes, words, value, by, by_log_det):
    """As `scale_backward`."""
    members, rows, dim = sizes
    row = empty(dim, float32)
    for m in range(members):
        x, given, matrix = (
            _values(value, sizes, m),
            _values(by, sizes, m),
            _matrix(words, MATRIX, m, dim),
        )
        of_matrix, inverse = _matrix(words, BY_MATRIX, m, dim), _inverse(matrix)[0]
        total, steep = carray(pointer(by_log_det + 4 * m * rows), (rows,), float32), ZERO
        for b in range(rows):
            steep += total[b]
        for i in range(dim):
            for d in range(dim):
                of_matrix[i, d] += steep * float32(inverse[d, i])
        for b in range(rows):
            for i in range(dim):
                row[i] = ZERO
                for d in range(dim):
                    of_matrix[i, d] += x[b, i] * given[b, d]
                    row[i] += given[b, d] * matrix[i, d]
            for i in range(dim):
                given[b, i] = row[i]

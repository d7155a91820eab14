"""Perceptrons on a CPU, in single precision, with the gradient in closed form.

As tensor operations a small network is ten of them forwards and twenty backwards, each of which
takes longer to start than to run. Here it is one call each way. The matrix products are those of
the library that torch itself has within, where that can be reached, else SciPy's.

A network is told as whole numbers: `HEAD` of them, then `EACH` for every layer. They are sizes,
strides and addresses, as arrays take longer to hand over than a product takes. There are P networks
for each of M members, with B rows each, R of them together. Strides are in numbers, not in bytes;
rows are without gaps. What is made lies in a buffer, (R, B, outputs) without gaps, in places that
count from the buffer's start. Gradients are added to what is there.

All of it is one file, as numba's cache of a kernel is renewed with the file it stands in, not with
those that it calls.
"""

import ctypes
import math
from contextlib import suppress
from pathlib import Path
from typing import no_type_check

import llvmlite.binding as llvm
import llvmlite.ir as ir
import numpy as np
import torch
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic
from numpy import float32, int8, int32, int64

# The head: sizes, and the strides by member, network and row of the input and of its gradient; of
# the offset that is added in the first layer; of the offset's gradient.
MEMBERS, COPIES, ROWS, LAYERS, ACTIVATION = range(5)
INPUT, OFFSET, BY_OFFSET = 5, 8, 11
HEAD = 14
# A layer: sizes, then addresses with strides by member and network; the first has no bias. `MASK`
# is that of dropout (0: none), `MADE` and `SLOPE` the places of the activation and its slope.
INPUTS, OUTPUTS = 0, 1
WEIGHT, BIAS, BY_WEIGHT, BY_BIAS = 2, 5, 8, 11
MASK, MASK_STRIDE, MADE, SLOPE = 14, 15, 16, 17
EACH = 18

KINDS = SILU, RELU, TANH = range(3)  # of activation, in the order of `mlp.ACTIVATIONS`
BLOCK = 64  # rows at once: what a layer makes of them stays in the fastest caches
# Not "nnan" or "ninf": what is not finite is to be seen.
FAST = {
    "cache": True,
    "error_model": "numpy",
    "nogil": True,
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}
PER_LN2 = float32(1 / math.log(2))
LN2, LN2_REST = float32(0.693359375), float32(math.log(2) - 0.693359375)  # the first in few bits
TAYLOR = tuple(float32(1 / math.factorial(k)) for k in range(7, -1, -1))
ZERO, HALF, ONE, TWO = float32(0), float32(0.5), float32(1), float32(2)
LOWEST = float32(-80)
MOST_POWER, BIAS_OF_POWERS, BITS_BELOW = float32(126), int32(127), int32(23)
PRODUCT = "jana_sgemm"
# Not as literals, of each of which numba would make a kernel.
NEITHER, FIRST, SECOND = int64(0), int64(1), int64(2)
SET, ADD = int64(0), int64(1)


def _address() -> int:
    """Of the product of matrices as BLAS has it: torch's own, which is the fastest at hand."""
    for library in Path(torch.__file__).parent.glob("lib/libtorch_cpu.*"):
        with suppress(OSError, AttributeError):
            return ctypes.cast(ctypes.CDLL(str(library)).sgemm_, ctypes.c_void_p).value
    return get_cython_function_address("scipy.linalg.cython_blas", "sgemm")


# By name, as an address would be another in every process and could not be kept in numba's cache.
llvm.add_symbol(PRODUCT, _address())
_sgemm = types.ExternalFunction(PRODUCT, types.void(*[types.intp] * 13))


@intrinsic
@no_type_check
def pointer(typing, address):
    """An address as a pointer."""

    def code(context, builder, signature, args):
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), code


@njit(inline="always", **FAST)
@no_type_check
def _row(address, width):
    """Known to be without gaps, so that loops over it compile to vector code."""
    return carray(pointer(address), (width,), float32)


@njit(**FAST)
@no_type_check
def _product(flipped, sizes, a, step_a, b, step_b, added, c, step_c, said):
    """C (n, m) = A (n, k) B (k, m), or added to what is there, of which one may be flipped.

    Flipped, a matrix lies as its transpose. Columns come first in BLAS: so it makes C' = B' A'.
    """
    letters, whole, real = said
    whole[0], whole[1], whole[2] = sizes[1], sizes[0], sizes[2]
    whole[3], whole[4], whole[5] = step_b, step_a, step_c
    real[0], real[1] = ONE, ONE if added else ZERO
    # As whole numbers with a sign, as addresses are everywhere here: together with others, numbers
    # without one become real numbers.
    n, p, q = int64(letters.ctypes.data), int64(whole.ctypes.data), int64(real.ctypes.data)
    t = n + 1
    of_a, of_b = (t if flipped == FIRST else n), (t if flipped == SECOND else n)
    _sgemm(of_b, of_a, p, p + 8, p + 16, q, b, p + 24, a, p + 32, q + 4, c, p + 40)


@intrinsic
@no_type_check
def _float_of(typing, bits):
    """The number that has these bits."""

    def code(context, builder, signature, args):
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), code


# Not inlined by numba, as the order of operations is not to be changed.
@njit(**FAST | {"fastmath": {"contract", "nsz"}})
@no_type_check
def exp(x):
    """Of -80 to 80: unlike the library's, it is nothing but arithmetic, on vectors of numbers."""
    n = np.floor(x * PER_LN2 + HALF)
    rest = (x - n * LN2) - n * LN2_REST
    found = TAYLOR[0]
    for k in range(1, len(TAYLOR)):
        found = found * rest + TAYLOR[k]
    # What is not a number is not one of `found` either.
    power = int32(min(max(n, -MOST_POWER), MOST_POWER))
    return found * _float_of((power + BIAS_OF_POWERS) << BITS_BELOW)


@njit(**FAST)
@no_type_check
def _activated(kind, n, width, made, shift, step, slope):
    """In place of sums (n, width): the activation of them and the shift, and its slope."""
    for i in range(n):
        row, rise = _row(made + 4 * i * width, width), _row(slope + 4 * i * width, width)
        add = _row(shift + 4 * i * step, width)
        if kind == RELU:
            for j in range(width):
                h = row[j] + add[j]
                rise[j] = ZERO if h <= 0 else ONE
                row[j] = ZERO if h <= 0 else h
        elif kind == SILU:
            for j in range(width):
                h = row[j] + add[j]
                small = exp(max(-abs(h), LOWEST))
                share = (ONE if h > 0 else small) / (ONE + small)
                row[j] = h * share
                rise[j] = share * (ONE + h * (ONE - share))
        else:
            for j in range(width):
                h = row[j] + add[j]
                small = exp(max(-TWO * abs(h), LOWEST))
                size = (ONE - small) / (ONE + small)
                row[j] = size if h > 0 else -size
                rise[j] = ONE - size * size


@njit(**FAST)
@no_type_check
def _multiply(n, width, values, step, factors):
    for i in range(n):
        row, factor = _row(values + 4 * i * step, width), _row(factors + 4 * i * width, width)
        for j in range(width):
            row[j] *= factor[j]


@njit(**FAST)
@no_type_check
def _filled(n, width, values, shift, step):
    for i in range(n):
        row, add = _row(values + 4 * i * width, width), _row(shift + 4 * i * step, width)
        for j in range(width):
            row[j] = add[j]


@njit(**FAST)
@no_type_check
def _summed(n, width, rows, step, found):
    total = _row(found, width)
    for i in range(n):
        row = _row(rows + 4 * i * step, width)
        for j in range(width):
            total[j] += row[j]


@njit(**FAST)
@no_type_check
def _emptied(values, n):
    row = _row(values, n)
    for j in range(n):
        row[j] = ZERO


@njit(**FAST)
@no_type_check
def _scratch():
    """Where the product of matrices reads what it is told: letters, whole numbers, real ones."""
    letters = np.empty(2, int8)
    letters[0], letters[1] = 78, 84  # N, T
    # Long ones begin as short ones do: so both kinds of BLAS read what is meant.
    return letters, np.empty(6, int64), np.empty(2, float32)


@njit(inline="always", **FAST)
@no_type_check
def _at(address, strides, m, p, b):
    """Of the row b of a member's network, by the strides from there on."""
    return address + 4 * (m * strides[0] + p * strides[1] + b * strides[2])


@njit(inline="always", **FAST)
@no_type_check
def _of(layer, field, m, p):
    """Address of a network's weights or of what is like them."""
    return layer[field] + 4 * (m * layer[field + 1] + p * layer[field + 2])


@njit(**FAST)
@no_type_check
def forward(plan, seen, offset, buffer):
    """Fills what the layers make, and the slopes of the hidden ones."""
    said, head = _scratch(), plan[:HEAD]
    for r in range(head[MEMBERS] * head[COPIES]):
        m, p = r // head[COPIES], r % head[COPIES]
        for first in range(0, head[ROWS], BLOCK):
            n = min(BLOCK, head[ROWS] - first)
            x, step = _at(seen, head[INPUT:], m, p, first), head[INPUT + 2]
            for at in range(head[LAYERS]):
                layer = plan[HEAD + at * EACH : HEAD + (at + 1) * EACH]
                inputs, outputs = layer[INPUTS], layer[OUTPUTS]
                last, start = at == head[LAYERS] - 1, r * head[ROWS] + first
                made = buffer + 4 * (layer[MADE] + start * outputs)
                shift, wide = _of(layer, BIAS, m, p), 0
                if at == 0:
                    shift, wide = _at(offset, head[OFFSET:], m, p, first), head[OFFSET + 2]
                if last:
                    _filled(n, outputs, made, shift, wide)
                elif inputs == 0:
                    _emptied(made, n * outputs)
                if inputs > 0:
                    weight, sizes = _of(layer, WEIGHT, m, p), (n, outputs, inputs)
                    _product(
                        NEITHER, sizes, x, step, weight, outputs, int64(last), made, outputs, said
                    )
                if not last:
                    slope = buffer + 4 * (layer[SLOPE] + start * outputs)
                    _activated(head[ACTIVATION], n, outputs, made, shift, wide, slope)
                    if layer[MASK]:
                        mask = layer[MASK] + 4 * (r * layer[MASK_STRIDE] + first * outputs)
                        _multiply(n, outputs, made, outputs, mask)
                        _multiply(n, outputs, slope, outputs, mask)
                x, step = made, outputs


@njit(**FAST)
@no_type_check
def backward(plan, seen, buffer, by_output, by_seen, by_offset):
    """Adds to the gradients by weights, biases and what is seen; fills that by the offset."""
    said, head = _scratch(), plan[:HEAD]
    layers, widest = head[LAYERS], 1
    for at in range(1, layers):
        widest = max(widest, plan[HEAD + at * EACH + INPUTS])
    spare = np.empty((2, BLOCK * widest), float32)
    for r in range(head[MEMBERS] * head[COPIES]):
        m, p = r // head[COPIES], r % head[COPIES]
        for first in range(0, head[ROWS], BLOCK):
            n, start = min(BLOCK, head[ROWS] - first), r * head[ROWS] + first
            step = plan[HEAD + (layers - 1) * EACH + OUTPUTS]
            by = by_output + 4 * start * step
            for at in range(layers - 1, 0, -1):
                layer = plan[HEAD + at * EACH : HEAD + (at + 1) * EACH]
                below = plan[HEAD + (at - 1) * EACH : HEAD + at * EACH]
                inputs, outputs = layer[INPUTS], layer[OUTPUTS]
                made = buffer + 4 * (below[MADE] + start * inputs)
                slope = buffer + 4 * (below[SLOPE] + start * inputs)
                _summed(n, outputs, by, step, _of(layer, BY_BIAS, m, p))
                to, sizes = _of(layer, BY_WEIGHT, m, p), (inputs, outputs, n)
                _product(FIRST, sizes, made, inputs, by, step, ADD, to, outputs, said)
                to, wide = int64(spare[at % 2].ctypes.data), inputs
                if at == 1:
                    to, wide = _at(by_offset, head[BY_OFFSET:], m, p, first), head[BY_OFFSET + 2]
                weight, sizes = _of(layer, WEIGHT, m, p), (n, inputs, outputs)
                _product(SECOND, sizes, by, step, weight, outputs, SET, to, wide, said)
                _multiply(n, inputs, to, wide, slope)
                by, step = to, wide
            layer = plan[HEAD : HEAD + EACH]
            inputs, outputs = layer[INPUTS], layer[OUTPUTS]
            if inputs > 0:
                x, wide = _at(seen, head[INPUT:], m, p, first), head[INPUT + 2]
                to, sizes = _of(layer, BY_WEIGHT, m, p), (inputs, outputs, n)
                _product(FIRST, sizes, x, wide, by, step, ADD, to, outputs, said)
                to, sizes = _at(by_seen, head[INPUT:], m, p, first), (n, inputs, outputs)
                weight = _of(layer, WEIGHT, m, p)
                _product(SECOND, sizes, by, step, weight, outputs, ADD, to, wide, said)

"""The kernel of `sets.py`: the log density of whole sets and its gradient, in closed form.

Throughout: `told` is what is told of one set, for both responses: mean, log scale, and the raw
numbers of each spline (K widths, K heights, K - 1 inner slopes). The first axis of two is the
response where it is not said otherwise, the lower boundary first.
"""

import math
from typing import no_type_check

import numpy as np
from numba import njit

FAST = {
    "cache": True,
    "error_model": "numpy",
    "nogil": True,
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}
LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


@njit(**FAST)
@no_type_check
def totals(x, log_odds, shift, told, bins, bound, limit, value, by_odds, by_shift, by_told):
    """Fills the log densities, and their gradients by all that is told."""
    splines = (told.shape[2] - 2) // (3 * bins - 1)
    boxes = np.empty((2, splines, 3, bins + 1))  # left edges, lower edges, slopes
    by_bins = np.empty((2, splines, 6, bins))  # by edges, by sizes, by the slopes at both ends
    places = np.empty((splines, 2))
    counts = np.empty(2)
    for row in range(len(x)):
        for response in range(2):
            for spline in range(splines):
                first = 2 + spline * (3 * bins - 1)
                _lay(told[row, response, first:], bins, bound, limit, boxes[response, spline])
        by_bins[:] = 0.0
        counts[:] = 0.0
        total = 0.0
        for trial in range(x.shape[1]):
            response = 1 if x[row, trial] > 0 else 0
            time = abs(x[row, trial]) - shift[row]
            if not time > 0:
                total = -math.inf
                break
            counts[response] += 1
            mean, log_scale = told[row, response, 0], told[row, response, 1]
            log_time, scale = math.log(time), math.exp(log_scale)
            start = (log_time - mean) * scale
            z = start
            total += log_scale - log_time - LOG_ROOT_2PI
            for spline in range(splines):
                places[spline, 0] = z
                z, log_slope = _through(boxes[response, spline], bins, bound, z)
                total += log_slope
            total -= 0.5 * z * z
            slope = -z
            for back in range(splines):
                spline = splines - 1 - back
                box, by = boxes[response, spline], by_bins[response, spline]
                slope = _back(box, bins, bound, places[spline, 0], slope, by)
            by_told[row, response, 0] -= slope * scale
            by_told[row, response, 1] += 1 + slope * start
            by_shift[row] -= (slope * scale - 1) / time
        chance = 1 / (1 + math.exp(-log_odds[row]))
        total -= counts[1] * math.log1p(math.exp(-abs(log_odds[row])))
        total -= counts[0] * math.log1p(math.exp(-abs(log_odds[row])))
        total += counts[1] * min(log_odds[row], 0.0) - counts[0] * max(log_odds[row], 0.0)
        value[row] = total
        if total == -math.inf:
            by_shift[row] = 0.0
            by_told[row] = 0.0
            continue
        by_odds[row] = counts[1] * (1 - chance) - counts[0] * chance
        for response in range(2):
            for spline in range(splines):
                first = 2 + spline * (3 * bins - 1)
                raw, out = told[row, response, first:], by_told[row, response, first:]
                box, by = boxes[response, spline], by_bins[response, spline]
                _to_raw(raw, bins, bound, limit, box, by, out)


@njit(**FAST)
@no_type_check
def _clipped(raw, limit):
    return raw / (1 + abs(raw) / limit)


@njit(**FAST)
@no_type_check
def _clipped_slope(raw, limit):
    below = 1 / (1 + abs(raw) / limit)
    return below * below


@njit(**FAST)
@no_type_check
def _lay(raw, bins, bound, limit, box):
    """A spline's edges along both axes and its slopes there, from raw numbers."""
    for axis in range(2):
        whole = 0.0
        for k in range(bins):
            box[axis, k + 1] = math.exp(_clipped(raw[axis * bins + k], 0.5 * limit))
            whole += box[axis, k + 1]
        box[axis, 0] = -bound
        for k in range(bins - 1):
            box[axis, k + 1] = box[axis, k] + 2 * bound * box[axis, k + 1] / whole
        box[axis, bins] = bound
    box[2, 0] = box[2, bins] = 1.0
    for k in range(bins - 1):
        box[2, k + 1] = math.exp(_clipped(raw[2 * bins + k], limit))


@njit(**FAST)
@no_type_check
def _bin(box, bins, z):
    index = 0
    while index < bins - 1 and z >= box[0, index + 1]:
        index += 1
    return index


@njit(**FAST)
@no_type_check
def _through(box, bins, bound, z):
    """What z is carried to, and the log slope there."""
    if abs(z) > bound:
        return z, 0.0
    k = _bin(box, bins, z)
    width, height = box[0, k + 1] - box[0, k], box[1, k + 1] - box[1, k]
    start, end, steep, share = box[2, k], box[2, k + 1], height / width, (z - box[0, k]) / width
    rest = 1 - share
    mixed = share * rest
    below = steep + (start + end - 2 * steep) * mixed
    above = end * share * share + 2 * steep * mixed + start * rest * rest
    risen = height * (steep * share * share + start * mixed) / below
    return box[1, k] + risen, math.log(steep * steep * above / (below * below))


@njit(**FAST)
@no_type_check
def _back(box, bins, bound, at, z, by):
    """The slope by the place `at`, given z, that by what it is carried to; fills those by the bin.

    That by the log slope is 1. The arithmetic is that of `kernels.gradient`.
    """
    if abs(at) > bound:
        return z
    k = _bin(box, bins, at)
    width, height = box[0, k + 1] - box[0, k], box[1, k + 1] - box[1, k]
    start, end, steep, share = box[2, k], box[2, k + 1], height / width, (at - box[0, k]) / width
    bend, rest = start + end - 2 * steep, 1 - share
    mixed, tilt = share * rest, 1 - 2 * share
    below = 1 / (steep + bend * mixed)
    above = end * share * share + 2 * steep * mixed + start * rest * rest
    risen = (steep * share * share + start * mixed) * below
    rise, top, twice = z * height * below, 1 / above, 2 * below
    of_share = rise * steep * above * below - twice * bend * tilt
    of_share += 2 * top * (end * share + steep * tilt - start * rest)
    of_steep = rise * (share * share - risen * (1 - 2 * mixed)) + 2 * top * mixed
    of_steep += 2 / steep - twice * (1 - 2 * mixed)
    by[0, k] -= of_share / width
    by[1, k] += z
    by[2, k] -= (of_share * share + of_steep * steep) / width
    by[3, k] += z * risen + of_steep / width
    by[4, k] += rise * mixed * (1 - risen) + top * rest * rest - twice * mixed
    by[5, k] += top * share * share - twice * mixed - rise * mixed * risen
    return of_share / width


@njit(**FAST)
@no_type_check
def _to_raw(raw, bins, bound, limit, box, by, out):
    """Back through the softmax and the exponentials: from slopes by bins to those by raw ones."""
    for axis in range(2):
        later, mean = 0.0, 0.0
        for back in range(bins):
            k = bins - 1 - back
            size = box[axis, k + 1] - box[axis, k]
            out[axis * bins + k] = by[2 + axis, k] + later
            mean += out[axis * bins + k] * size / (2 * bound)
            later += by[axis, k]
        for k in range(bins):
            column = axis * bins + k
            size = box[axis, k + 1] - box[axis, k]
            bent = _clipped_slope(raw[column], 0.5 * limit)
            out[column] = size * (out[column] - mean) * bent
    for k in range(bins - 1):
        column = 2 * bins + k
        pull = by[5, k] + by[4, k + 1]
        out[column] = pull * box[2, k + 1] * _clipped_slope(raw[column], limit)

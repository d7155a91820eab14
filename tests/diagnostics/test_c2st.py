"""C2ST: a half for equal samples, the known optimum for unequal ones, and sbibm's settings."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from jana.diagnostics.c2st import c2st


def samples(seed, shift, n=1000, dim=2):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, n, dim))
    second[:, 0] += shift
    return first, second


def test_equal_distributions_are_at_the_floor():
    """Within 4 standard errors of a coin's."""
    assert abs(c2st(*samples(0, 0.0)) - 0.5) < 4 * 0.5 / math.sqrt(2000)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_a_shifted_normal_is_told_apart_as_well_as_can_be(shift):
    assert c2st(*samples(1, shift)) == pytest.approx(norm.cdf(shift / 2), abs=0.035)


def test_one_mode_of_two_is_noticed():
    rng = np.random.default_rng(2)
    signs = rng.choice([-1, 1], size=(1000, 1))
    both, one = 3 * signs + rng.normal(size=(1000, 2)), 3 + rng.normal(size=(1000, 2))
    assert c2st(both, one) > 0.7


def test_scale_does_not_matter():
    first, second = samples(3, 1.0)
    scale = np.array([1e-3, 1e3])
    assert c2st(first * scale, second * scale) == pytest.approx(c2st(first, second), abs=1e-9)

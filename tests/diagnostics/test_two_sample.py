"""ECDF differences of two samples, and their simultaneous band."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import betabinom

from jana.diagnostics import two_sample
from jana.rng import generator


def test_by_hand():
    first, second = torch.tensor([[1.0], [2.0]]), torch.tensor([[1.5], [5.0]])
    assert two_sample.ecdf_differences(first, second).tolist() == [[-0.5, -0.5]]


def test_counts_of_a_second_sample_are_beta_binomial():
    order, counts = np.array([1, 7, 30]), np.arange(21)[:, None]
    expected = betabinom(20, order, 31 - order).cdf(counts)
    np.testing.assert_allclose(two_sample._below(order, 30, 20), expected, rtol=1e-9)


@pytest.fixture(scope="module")
def band():
    return two_sample.band(generator(1), 300, 200, 0.9)


def outside(band, differences):
    return ((differences < band.lower) | (differences > band.upper)).any(-1)


def test_equal_distributions_stay_within_as_often_as_stated(band):
    """1,000 fresh pairs, of a skewed distribution; 4 standard errors and 0.01 for the band's."""
    rng = generator(2)
    samples = [torch.randn(n, 1000, generator=rng).exp() for n in (300, 200)]
    share = float(outside(band, two_sample.ecdf_differences(*samples)).double().mean())
    assert abs(share - 0.1) < 4 * math.sqrt(0.09 / 1000) + 0.01


def test_a_shift_leaves_the_band(band):
    rng = generator(3)
    first, second = torch.randn(300, 1, generator=rng), 0.5 + torch.randn(200, 1, generator=rng)
    assert outside(band, two_sample.ecdf_differences(first, second)).all()


def test_more_coordinates_widen_the_band(band):
    wide = two_sample.band(generator(1), 300, 200, 1 - 0.1 / 10)
    assert (wide.upper >= band.upper).all() and (wide.lower <= band.lower).all()


def test_many_data_sets_at_once_are_as_one_by_one(rng):
    first, second = torch.randn(2, 4, 50, 3, generator=rng)
    whole = two_sample.ecdf_differences(first, second)
    assert torch.equal(whole[2], two_sample.ecdf_differences(first[2], second[2]))

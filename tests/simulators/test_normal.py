"""Normals cut off at two bounds, against SciPy, from the middle of the box to far outside."""

import math

import numpy as np
import pytest
import torch
from scipy.special import erfcx, ndtri_exp
from scipy.stats import kstest, norm, truncnorm

from jana.rng import generator
from jana.simulators.normal import (
    log_mass,
    log_ndtri,
    log_normal,
    log_truncated,
    sample_truncated,
)

PLACES = [0.0, -0.7, 0.97, 1.05, -1.3, 2.5, -4.0, 30.0]  # in standard deviations of 0.1: to 290


def double(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_a_density_by_hand():
    found = log_normal(double(1.0, 3.0), double(1.0, 1.0), 2.0)
    expected = norm.logpdf(1, 1, 2) + norm.logpdf(3, 1, 2)
    assert float(found) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("mean", PLACES)
def test_the_mass_is_scipys(mean):
    """SciPy's truncated density differs from the whole one by the log mass."""
    inside = min(max(mean, -1), 1)
    cut_off = truncnorm.logpdf(inside, (-1 - mean) / 0.1, (1 - mean) / 0.1, mean, 0.1)
    expected = norm.logpdf(inside, mean, 0.1) - cut_off
    assert float(log_mass(double(mean), 0.1, -1.0, 1.0)) == pytest.approx(expected, rel=1e-9)


def test_a_narrow_interval_has_the_mass_of_its_width_times_the_density():
    found = log_mass(double(0.3), 1.0, 0.0, 1e-9)
    assert float(found) == pytest.approx(norm.logpdf(-0.3) + math.log(1e-9), abs=1e-6)


def test_outside_the_bounds_there_is_no_density():
    value = double([-1.0, 0.0], [1.0, 0.0], [0.0, -1.1])
    found = log_truncated(value, torch.zeros_like(value), 0.1, -1.0, 1.0)
    assert found[0].isfinite() and (found[1:] == -math.inf).all()


def test_the_inverse_of_the_log_distribution_function_is_scipys():
    """From the middle to 1,400 standard deviations, across the change of method at -500."""
    log_p = -torch.logspace(-8, 6, 500, dtype=torch.float64)
    log_p = torch.cat([log_p, double(-499.999, -500.001)])
    expected = torch.from_numpy(ndtri_exp(log_p.numpy()))
    torch.testing.assert_close(log_ndtri(log_p), expected, rtol=1e-9, atol=1e-9)


def test_rounding_above_probability_one_gives_no_nan():
    assert (log_ndtri(double(0.0, 1e-15)) == math.inf).all()


@pytest.mark.parametrize("mean", PLACES)
def test_the_draws_have_scipys_distribution(mean):
    """Kolmogorov-Smirnov of 20,000 draws (false alarms: 1 in 1,000 each).

    Where both tails of the distribution function are 0 in SciPy, against the density instead:
    the distance to the bound is nearly exponential, with a mean known by erfcx.
    """
    draws = sample_truncated(generator(1), double([mean]), 0.1, -1.0, 1.0, 20_000).flatten()
    distance = (abs(mean) - 1) / 0.1
    if distance < 30:
        law = truncnorm((-1 - mean) / 0.1, (1 - mean) / 0.1, mean, 0.1)
        assert kstest(draws.numpy(), law.cdf).pvalue > 1e-3
    beyond = 1 - draws.abs().numpy()
    if distance > 0:
        hazard = math.sqrt(2 / math.pi) / erfcx(distance / math.sqrt(2))
        error = beyond.std() / math.sqrt(len(beyond))
        assert beyond.mean() == pytest.approx(0.1 * (hazard - distance), abs=4 * error)


@pytest.mark.parametrize("mean", PLACES)
def test_single_precision_draws_lie_within_the_bounds(mean):
    draws = sample_truncated(generator(2), torch.tensor([[mean]]), 0.1, -1.0, 1.0, 100_000)
    assert draws.dtype == torch.float32
    assert ((draws >= -1) & (draws < 1)).all()


def test_the_extreme_uniform_numbers_give_draws_within_the_bounds(monkeypatch):
    """0 and 1 - 2^-53 are the least and the largest that torch.rand can give."""
    ends = double(0.0, 1 - 2.0**-53)
    monkeypatch.setattr(torch, "rand", lambda *shape, **_: ends[:, None].expand(shape))
    mean = double(*PLACES)[:, None]
    draws = sample_truncated(generator(0), mean, 0.1, -1.0, 1.0, 2)
    assert ((draws >= -1) & (draws < 1)).all()
    np.testing.assert_array_equal(draws.diff(dim=1).sign().abs(), 1)

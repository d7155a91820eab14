"""Pareto smoothing: the same as arviz-stats, on the scale of what went in."""

import math

import pytest
import torch
from arviz_stats.base import array_stats

from jana.evidence.psis import smooth


def heavy(rng, k, n=4000):
    """Log weights whose tail is Pareto with shape k."""
    return (-k * torch.rand(n, generator=rng).double().log()).sort().values


@pytest.mark.parametrize("shape", [0.2, 0.5, 0.9])
def test_khat_finds_the_shape_of_a_pareto_tail(rng, shape):
    assert float(smooth(heavy(rng, shape)).khat) == pytest.approx(shape, abs=0.2)


def test_normalised_it_is_arviz_stats(rng):
    raw = heavy(rng, 0.6)
    theirs, khat = array_stats.psislw(-raw.numpy())
    ours = smooth(raw)
    torch.testing.assert_close(
        ours.log_weights - ours.log_weights.logsumexp(0), torch.tensor(theirs)
    )
    assert float(ours.khat) == float(khat)


def test_the_body_is_left_as_it_was_and_the_scale_with_it(rng):
    raw = heavy(rng, 0.6) + 1000.0
    smoothed = smooth(raw).log_weights
    torch.testing.assert_close(smoothed[:3000], raw[:3000])
    assert not torch.equal(smoothed[-100:], raw[-100:])


def test_equal_weights_stay_equal():
    smoothed = smooth(torch.full((2, 100), -7.0))
    assert (smoothed.log_weights == -7).all() and (smoothed.khat == -math.inf).all()


def test_zero_weights_stay_zero(rng):
    raw = torch.randn(1000, generator=rng).double()
    raw[::10] = -math.inf
    smoothed = smooth(raw)
    assert (smoothed.log_weights[::10] == -math.inf).all() and smoothed.khat.isfinite()


def test_almost_only_zeros_are_not_to_be_trusted():
    raw = torch.full((100,), -math.inf)
    raw[:5] = 0.0
    assert smooth(raw).khat == math.inf


@pytest.mark.parametrize("sd", [0.0, 1e-7, 1e-6, 3e-6, 1e-5, 1e-3, 0.1])
def test_ties_in_single_precision_never_make_nan(rng, sd):
    raw = (sd * torch.randn(20, 1000, generator=rng)).float() - 3.0
    found = smooth(raw)
    assert found.log_weights.isfinite().all() and not found.khat.isnan().any()


@pytest.mark.parametrize("sd", [1e-5, 3e-4, 1e-3, 2e-3, 0.01])
def test_almost_equal_weights_are_to_be_trusted(rng, sd):
    found = smooth(sd * torch.randn(50, 1000, generator=rng).double())
    assert (found.khat < 0.5).all()


@pytest.mark.parametrize("giant", [100.0, 650.0, 720.0, 1000.0, 1e5])
def test_one_giant_weight_is_not_to_be_trusted_and_makes_no_nan(rng, giant):
    raw = torch.randn(1000, generator=rng).double()
    raw[17] = giant
    found = smooth(raw)
    assert found.khat > 0.7 and not found.log_weights.isnan().any()


@pytest.mark.parametrize("sd", [100.0, 300.0, 1000.0])
def test_hopeless_weights_are_not_to_be_trusted_and_make_no_nan(rng, sd):
    found = smooth(sd * torch.randn(50, 1000, generator=rng).double())
    assert (found.khat > 0.7).all() and not found.log_weights.isnan().any()


def test_a_tail_of_equals_is_not_to_be_trusted(rng):
    raw = torch.rand(1000, generator=rng).double()
    raw[:95] = 2.5
    assert smooth(raw).khat == math.inf


@pytest.mark.parametrize("height", [1.0, 20.0])
def test_a_few_large_weights_above_equal_ones_are_not_to_be_trusted(height):
    raw = torch.zeros(1000)
    raw[:3] = height
    found = smooth(raw)
    assert found.khat == math.inf and torch.equal(found.log_weights, raw.double())


def test_too_few_draws_and_nan_are_refused():
    with pytest.raises(ValueError, match="25 draws or more, not 24"):
        smooth(torch.zeros(24))
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="not NaN or inf"):
            smooth(torch.full((30,), bad))

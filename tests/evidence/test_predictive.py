"""Log posterior predictive densities against the conjugate Gaussian."""

import math

import pytest
import torch

from jana.evidence.predictive import log_mean
from jana.simulators.gaussian_linear import means, simulator
from jana.simulators.normal import log_normal


def test_by_hand():
    """The mean of 1 and 3 is 2, its standard error 1: relative to it, a half."""
    found = log_mean(torch.tensor([0.0, math.log(3)]).double())
    assert float(found.value) == pytest.approx(math.log(2))
    assert float(found.error) == pytest.approx(0.5)


def test_the_conjugate_gaussian(rng):
    """y | x ~ N(x / 2, 3/2 S^2 I); z-scores of 100 data sets: a mean square near 1."""
    theta, x = simulator.draw(rng, 100)
    y = simulator.simulate(rng, theta).double()
    draws = simulator.exact.sample(rng, x, 4000).double()
    found = log_mean(simulator.log_likelihood(draws, y[:, None]))
    sd = means.sd * math.sqrt(1.5)
    z = (found.value - log_normal(y, x.double() / 2, sd)) / found.error
    assert 0.6 < float(z.square().mean()) < 1.6


def test_zeros_count():
    found = log_mean(torch.tensor([0.0, -math.inf, 0.0, -math.inf]).double())
    assert float(found.value) == pytest.approx(math.log(0.5))


def test_zeros_alone_tell_nothing():
    found = log_mean(torch.full((2, 5), -math.inf))
    assert (found.value == -math.inf).all() and (found.error == math.inf).all()


def test_what_would_overflow_does_not():
    found = log_mean(torch.tensor([[1e4, 1e4], [-1e4, -1e4]]))
    assert found.value.tolist() == [1e4, -1e4] and found.error.tolist() == [0.0, 0.0]


def test_single_draws_nan_and_infinity_are_refused():
    with pytest.raises(ValueError, match="2 draws or more, not 1"):
        log_mean(torch.zeros(3, 1))
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="not NaN or inf"):
            log_mean(torch.tensor([0.0, bad]))

"""SLCP and its distractors: SciPy's densities, moments, the paper's optimum."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp, multivariate_normal

from jana.rng import generator
from jana.simulators import slcp, slcp_distractors


def covariance(theta):
    s1, s2, rho = theta[2] ** 2, theta[3] ** 2, math.tanh(theta[4])
    return np.array([[s1**2, rho * s1 * s2], [rho * s1 * s2, s2**2]])


def test_the_density_is_scipys(rng):
    theta, x = (part.double() for part in slcp.simulator.draw(rng, 200))
    regular = (theta[:, 2:4].abs() > 0.3).all(1)  # for SciPy
    theta, x = theta[regular], x[regular]
    exact = [
        multivariate_normal(t[:2], covariance(t)).logpdf(points).sum()
        for t, points in zip(theta.numpy(), x.numpy(), strict=True)
    ]
    np.testing.assert_allclose(slcp.log_likelihood(theta, x), exact, rtol=1e-7)


def test_signs_leave_no_trace(rng):
    theta, x = slcp.simulator.draw(rng, 50)
    flipped = theta * torch.tensor([1.0, 1.0, -1.0, -1.0, 1.0])
    torch.testing.assert_close(slcp.log_likelihood(theta, x), slcp.log_likelihood(flipped, x))


def test_points_have_the_stated_moments(rng):
    theta = torch.tensor([1.0, -2.0, 1.5, -0.7, 0.8])
    x = slcp.simulate(rng, theta.expand(50_000, -1)).flatten(0, 1).double().numpy()
    np.testing.assert_allclose(x.mean(0), theta[:2], atol=4 * 2.25 / 200_000**0.5)
    np.testing.assert_allclose(np.cov(x.T), covariance(theta.numpy()), rtol=0.02)


def test_a_parameter_of_zero_has_a_finite_density():
    theta = torch.tensor([[1.0, 1.0, 0.0, 1.0, 0.0]])
    assert slcp.log_likelihood(theta, slcp.simulate(generator(1), theta)).isfinite().all()


def test_the_optimal_loss_is_the_papers():
    """-18.05 for data over 30."""
    theta, x = slcp.simulator.draw(generator(5), 40_000)
    values = -slcp.log_likelihood(theta.double(), x.double()) - 8 * math.log(30)
    error = float(values.std()) / 200
    assert float(values.mean()) == pytest.approx(-18.05, abs=4 * error + 0.05)


def test_distractors_come_after_the_points_and_leave_the_likelihood_alone(rng):
    theta, x = slcp_distractors.simulator.draw(rng, 200)
    assert x.shape == (200, 100)
    points = x[:, :8].unflatten(1, (4, 2))
    expected = slcp.log_likelihood(theta, points)
    found = slcp_distractors.relative_log_likelihood(theta, x)
    torch.testing.assert_close(found, expected)


def test_distractors_are_the_stated_mixture():
    """One coordinate of each data set, against NumPy's draws (false alarms: 1 in 1,000)."""
    theta = slcp.prior.sample(generator(1), 5000)
    ours = slcp_distractors.simulate(generator(2), theta)[:, 8:].numpy()
    rng = np.random.default_rng(3)
    theirs = 15 * rng.normal(size=5000) + 0.1 * rng.standard_t(2, size=5000)
    assert ks_2samp(ours[:, 0], theirs).pvalue > 1e-3
    # Points of one data set share 20 means: two of them are near each other one time in twenty.
    near = np.hypot(*(ours[:, :2] - ours[:, 2:4]).T) < 1.5
    assert near.mean() == pytest.approx(1 / 20, abs=0.02)

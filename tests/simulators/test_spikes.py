"""Bernoulli GLMs: the published prior, chances, and what the sums tell."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import bernoulli, multivariate_normal

from jana.rng import generator
from jana.simulators import bernoulli_glm, bernoulli_glm_raw, bernoulli_glm_raw_sbibm, spikes

SDS = [1, 1.677, 1.83, 1.552, 1.216, 1.1, 1.069, 0.981, 0.88]  # of the paper's filter


@pytest.mark.parametrize(
    ("simulator", "offset_sd"),
    [(bernoulli_glm_raw.simulator, 2.0), (bernoulli_glm_raw_sbibm.simulator, math.sqrt(2))],
)
def test_the_prior_is_the_published_one(simulator, offset_sd):
    theta = simulator.prior.sample(generator(1), 200_000).double()
    np.testing.assert_allclose(theta.std(0), [offset_sd, *SDS], rtol=0.01)
    root = np.diag(1 + np.sqrt(np.arange(9) / 9)) - 2 * np.eye(9, k=-1) + np.eye(9, k=-2)
    covariance = np.zeros((10, 10))
    covariance[0, 0], covariance[1:, 1:] = offset_sd**2, np.linalg.inv(root.T @ root)
    exact = multivariate_normal(np.zeros(10), covariance).logpdf(theta[:50])
    np.testing.assert_allclose(simulator.prior.log_prob(theta[:50]), exact, rtol=1e-9)


def test_the_likelihood_is_a_product_of_bernoullis(rng):
    theta, x = (part.double() for part in bernoulli_glm_raw.simulator.draw(rng, 20))
    chance = torch.sigmoid(theta[:, :1] + (x[..., 1:] @ theta[:, 1:, None])[..., 0])
    exact = bernoulli(chance).logpmf(x[..., 0].int()).sum(1)
    np.testing.assert_allclose(spikes.log_likelihood(theta, x), exact, rtol=1e-9)


def test_spikes_come_as_often_as_stated(rng):
    theta = torch.tensor([0.5, 1.0, -1.0, *[0.0] * 7]).expand(20_000, -1)
    design = torch.randn(1, 100, 9, generator=rng)
    x = spikes.simulate(rng, theta, design)
    chance = torch.sigmoid(0.5 + design[0, :, 0] - design[0, :, 1])
    error = 5 * 0.5 / 20_000**0.5
    torch.testing.assert_close(x[..., 0].mean(0), chance, rtol=0, atol=error)
    assert torch.equal(x[..., 1:], design.expand(20_000, -1, -1))


def test_with_a_known_design_the_sums_tell_all_that_the_trials_do(rng):
    simulator, design = bernoulli_glm_raw_sbibm.simulator, bernoulli_glm_raw_sbibm.design()
    x = simulator.draw(rng, 5).x.double()
    theta = simulator.prior.sample(rng, 30).double()[:, None]
    raw = spikes.log_likelihood(theta, x)
    sums = spikes.relative_log_likelihood_of_sums(theta, spikes.sums(x), design)
    gap = raw - sums  # a constant for each data set
    torch.testing.assert_close(gap, gap[:1].expand_as(gap), rtol=0, atol=1e-5)


def test_the_papers_sums_are_over_the_number_of_trials():
    theta = bernoulli_glm.simulator.prior.sample(generator(1), 50)
    x = bernoulli_glm.simulator.simulate(generator(2), theta)
    raw = bernoulli_glm_raw.simulator.simulate(generator(2), theta)
    torch.testing.assert_close(x[:, 0], raw[..., 0].mean(1))
    torch.testing.assert_close(x[:, 3], (raw[..., 0] * raw[..., 3]).mean(1))

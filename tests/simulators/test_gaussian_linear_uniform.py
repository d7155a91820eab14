"""The Gaussian with a box prior: published optima, quadrature, and draws at the edge."""

import math

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm, truncnorm

from jana.rng import generator
from jana.simulators.gaussian_linear_uniform import simulator


def test_the_optimal_losses_are_the_papers(rng):
    """-9.740 and -8.836 nats (4 standard errors)."""
    theta, x = simulator.draw(rng, 50_000)
    for density, expected in [
        (simulator.exact.log_posterior(theta, x), -9.740),
        (simulator.log_likelihood(theta, x), -8.836),
    ]:
        error = float(density.std()) / math.sqrt(len(x))
        assert -float(density.mean()) == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize("x", [0.0, 0.93, 1.0, -1.25, 2.0])
def test_the_marginal_density_is_the_integral_of_prior_times_likelihood(x):
    """Ten equal coordinates: ten times the log of a one-dimensional quadrature."""
    nearest = [min(max(x, -1), 1)]
    one, _ = quad(lambda t: norm.pdf(x, t, 0.1) / 2, -1, 1, points=nearest, epsabs=0, limit=200)
    found = simulator.exact.log_marginal(torch.full((1, 10), x, dtype=torch.float64))
    assert float(found) == pytest.approx(10 * math.log(one), rel=1e-7)


def test_the_posterior_is_scipys_truncated_normal():
    x = torch.linspace(-1.5, 1.5, 10, dtype=torch.float64)
    theta = torch.linspace(-0.99, 0.95, 10, dtype=torch.float64)
    law = truncnorm((-1 - x) / 0.1, (1 - x) / 0.1, x, 0.1)
    found = simulator.exact.log_posterior(theta[None], x[None])
    assert float(found) == pytest.approx(law.logpdf(theta).sum(), rel=1e-9)


@pytest.mark.parametrize("x", [0.0, 0.999, 1.4, -3.0, 50.0])
def test_single_precision_draws_have_a_finite_prior_density(x):
    draws = simulator.exact.sample(generator(1), torch.full((1, 10), x), 20_000)
    assert simulator.prior.log_prob(draws).isfinite().all()


def test_the_noise_has_the_stated_standard_deviation(rng):
    theta = torch.full((100_000, 10), 0.5)
    x = simulator.simulate(rng, theta)
    assert float(x.mean()) == pytest.approx(0.5, abs=4 * 0.1 / 1000)
    assert float(x.std()) == pytest.approx(0.1, abs=4 * 0.1 / 1000 / math.sqrt(2))

"""The mixture of two widths: published optima, quadrature over the box, and draws at its edge."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad
from scipy.stats import kstest, multivariate_normal

from jana.rng import generator
from jana.simulators.gaussian_mixture import simulator

PLACES = [(0.0, 0.0), (9.95, -3.0), (10.4, -10.2)]  # inside, at an edge, beyond a corner


def transcribed(x, theta):
    """p(x | theta) by SciPy."""
    return sum(multivariate_normal.pdf(x, theta, sd**2 * np.eye(2)) / 2 for sd in (1, 0.1))


def test_the_optimal_losses_are_the_papers(rng):
    """-3.588 and -3.828 nats for theta / 10 and x / 12 (4 standard errors)."""
    theta, x = simulator.draw(rng, 200_000)
    for density, scaled, scale in [
        (simulator.exact.log_posterior(theta, x), -3.588, 10),
        (simulator.log_likelihood(theta, x), -3.828, 12),
    ]:
        error = float(density.std()) / math.sqrt(len(x))
        assert -float(density.mean()) == pytest.approx(scaled + 2 * math.log(scale), abs=4 * error)


def test_the_likelihood_is_scipys_mixture():
    theta, x = torch.tensor([[3.0, -2.0]]).double(), torch.tensor([[3.1, -1.7]]).double()
    expected = math.log(transcribed(x[0].numpy(), theta[0].numpy()))
    assert float(simulator.log_likelihood(theta, x)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("x", PLACES)
def test_the_marginal_density_is_the_integral_of_prior_times_likelihood(x):
    """Quadrature over the part of the box that lies near x, in two parts: near and nearer."""
    total = 0.0
    for sd in (1, 0.1):
        (a, b), (c, d) = ((max(-10, v - 8 * sd), min(10, v + 8 * sd)) for v in x)
        total += dblquad(
            lambda s, t, sd=sd: multivariate_normal.pdf(x, (t, s), sd**2 * np.eye(2)) / 800,
            *(a, b, c, d),
            epsabs=0,
            epsrel=1e-5,
        )[0]
    found = simulator.exact.log_marginal(torch.tensor([x], dtype=torch.float64))
    assert float(found) == pytest.approx(math.log(total), abs=1e-4)


@pytest.mark.parametrize("x", PLACES)
def test_the_draws_follow_the_exact_density(x):
    """First coordinate: against the density on a grid (false alarms: 1 in 1,000 each)."""
    x = torch.tensor([x], dtype=torch.float64)
    draws = simulator.exact.sample(generator(1), x, 20_000)[0]
    cells = torch.arange(-10, 10, 0.02, dtype=torch.float64) + 0.01
    axes = [cells[(cells - value).abs() < 8] for value in x[0]]
    grid = torch.cartesian_prod(*axes)
    density = simulator.exact.log_posterior(grid, x).exp().view(len(axes[0]), -1).sum(1)
    below = torch.cat([density.new_zeros(1), density.cumsum(0)]) / density.sum()
    edges = torch.cat([axes[0][:1] - 0.01, axes[0] + 0.01])
    found = np.interp(draws[:, 0].numpy(), edges.numpy(), below.numpy())
    assert kstest(found, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("x", [(0.0, 0.0), (10.0, 10.0), (12.0, -14.0), (300.0, 0.0)])
def test_single_precision_draws_have_a_finite_density(x):
    x = torch.tensor([x])
    draws = simulator.exact.sample(generator(2), x, 20_000)[0]
    assert simulator.prior.log_prob(draws).isfinite().all()
    assert simulator.exact.log_posterior(draws, x).isfinite().all()


def test_both_coordinates_of_one_row_share_their_width(rng):
    """Half of the rows lie within 0.5 of theta in both coordinates, and a seventh of the rest."""
    theta = torch.zeros(100_000, 2)
    near = (simulator.simulate(rng, theta).abs() < 0.5).all(-1).double().mean()
    expected = 0.5 + 0.5 * math.erf(0.5 / math.sqrt(2)) ** 2
    assert float(near) == pytest.approx(expected, abs=4 * 0.5 / math.sqrt(100_000))

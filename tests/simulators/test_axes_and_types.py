"""Exact densities and draws keep their input's type, and likelihoods take leading axes."""

import pytest
import torch

from jana import simulators
from jana.rng import generator

NAMES = [
    "gaussian_iid",
    "gaussian_linear",
    "gaussian_linear_uniform",
    "gaussian_mixture",
    "two_moons",
    "two_moons_wide",
    "two_moons_wiqvist",
]


@pytest.fixture(params=NAMES)
def simulator(request):
    return simulators.get(request.param)


def test_the_likelihood_of_many_draws_is_that_of_each(simulator):
    """theta (B, L, D) with x (B, 1, ...), against a loop."""
    x = simulator.draw(generator(1), 3).x
    theta = simulator.prior.sample(generator(2), 12).view(3, 4, -1)
    found = simulator.log_likelihood(theta, x[:, None])
    each = [simulator.log_likelihood(theta[:, column], x) for column in range(4)]
    torch.testing.assert_close(found, torch.stack(each, dim=1))
    alone = simulator.log_likelihood(theta[0, 0], x[0])
    torch.testing.assert_close(alone, found[0, 0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_answer_has_the_type_of_what_came_in(simulator, dtype):
    theta, x = (part.to(dtype) for part in simulator.draw(generator(3), 5))
    exact = simulator.exact
    assert simulator.prior.log_prob(theta).dtype == dtype
    assert simulator.simulate(generator(4), theta).dtype == dtype
    assert simulator.log_likelihood(theta, x).dtype == dtype
    assert exact.log_posterior(theta, x).dtype == dtype
    assert exact.log_marginal(x).dtype == dtype


def test_single_precision_draws_stay_single(simulator):
    x = simulator.draw(generator(5), 5).x
    assert simulator.exact.sample(generator(6), x, 3).dtype == torch.float32


def test_single_precision_densities_are_the_double_ones(simulator):
    """Also at x of other parameters, where tails are long."""
    theta, x = simulator.draw(generator(7), 200)
    for density in (simulator.log_likelihood, simulator.exact.log_posterior):
        torch.testing.assert_close(
            density(theta, x).double(), density(theta.double(), x.double()), rtol=1e-3, atol=1e-3
        )

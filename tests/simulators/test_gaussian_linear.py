"""The conjugate Gaussian: closed forms by hand."""

import math

import pytest
import torch

from jana.simulators.gaussian_linear import simulator


def test_densities_at_zero():
    zero = torch.zeros(1, 10, dtype=torch.float64)
    peak = -5 * math.log(2 * math.pi)
    assert float(simulator.log_likelihood(zero, zero)) == pytest.approx(peak - 10 * math.log(0.1))
    posterior = simulator.exact.log_posterior(zero, zero)
    assert float(posterior) == pytest.approx(peak - 10 * math.log(0.1 / math.sqrt(2)))
    marginal = simulator.exact.log_marginal(zero)
    assert float(marginal) == pytest.approx(peak - 10 * math.log(0.1 * math.sqrt(2)))


def test_the_optimal_losses_are_the_papers(rng):
    """Entropies of the exact conditionals: -12.302 and -8.836 nats (4 standard errors)."""
    theta, x = simulator.draw(rng, 20_000)
    loss = -simulator.exact.log_posterior(theta, x).mean()
    assert float(loss) == pytest.approx(-12.302, abs=4 * math.sqrt(5 / 20_000))
    loss = -simulator.log_likelihood(theta, x).mean()
    assert float(loss) == pytest.approx(-8.836, abs=4 * math.sqrt(5 / 20_000))

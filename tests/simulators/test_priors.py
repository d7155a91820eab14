"""Priors: known densities, and draws that stay within their own bounds."""

import math

import pytest
import torch

from jana.rng import generator
from jana.simulators.priors import box, gaussian


def test_densities_by_hand():
    uniform = box([0.0, -1.0], [2.0, 1.0])
    found = uniform.log_prob(torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, -1.0]]))
    assert found.tolist() == pytest.approx([-math.log(4), -math.inf, -math.log(4)])
    normal = gaussian([1.0], [2.0])
    expected = -0.5 - math.log(2) - 0.5 * math.log(2 * math.pi)
    assert float(normal.log_prob(torch.tensor([[3.0]]))) == pytest.approx(expected)


def test_rounding_never_carries_a_draw_onto_the_upper_bound(monkeypatch):
    """1 + (1 - 2^-24) is 2 in single precision."""
    prior = box([1.0], [2.0])
    monkeypatch.setattr(torch, "rand", lambda *shape, generator: torch.full(shape, 1 - 2.0**-24))
    theta = prior.sample(generator(0), 3)
    assert (theta < 2).all() and prior.log_prob(theta).isfinite().all()


def test_gaussian_draws_have_the_stated_mean_and_sd(rng):
    """4 standard errors of 40,000 draws."""
    theta = gaussian([1.0, -2.0], [0.5, 3.0]).sample(rng, 40_000)
    torch.testing.assert_close(theta.mean(0), torch.tensor([1.0, -2.0]), atol=0.06, rtol=0)
    torch.testing.assert_close(theta.std(0), torch.tensor([0.5, 3.0]), atol=0.05, rtol=0)

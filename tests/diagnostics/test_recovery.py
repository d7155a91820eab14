"""Recovery: known answers for the conjugate Gaussian."""

import math

import pytest
import torch

from jana.diagnostics.recovery import recovery


def test_the_conjugate_gaussian(rng):
    """theta ~ N(0, 1), x ~ N(theta, 1): R^2 = contraction = 1/2, correlation sqrt(1/2)."""
    truth = torch.randn(4000, 1, generator=rng)
    x = truth + torch.randn(4000, 1, generator=rng)
    draws = x[:, None] / 2 + 0.5**0.5 * torch.randn(4000, 400, 1, generator=rng)
    found = recovery(truth, draws)
    assert float(found.r2) == pytest.approx(0.5, abs=0.05)
    assert float(found.contraction) == pytest.approx(0.5, abs=0.05)
    assert float(found.correlation) == pytest.approx(0.5**0.5, abs=0.03)


def test_the_prior_contracts_nothing(rng):
    truth, draws = torch.randn(2000, 2, generator=rng), torch.randn(2000, 200, 2, generator=rng)
    found = recovery(truth, draws)
    assert (found.contraction.abs() < 0.1).all() and (found.r2 < 0.05).all()


def test_the_median_by_hand():
    draws = torch.tensor([[1.0], [5.0], [2.0]])[None]
    found = recovery(torch.tensor([[2.0]]).expand(3, 1), draws.expand(3, 3, 1))
    assert found.median.tolist() == [[2.0]] * 3


def test_angles_are_recovered_on_their_circle(rng):
    """Posteriors of sd 0.3 around truths that are anywhere, many of them across the seam."""
    truth = (2 * torch.rand(2000, 2, generator=rng) - 1) * torch.pi
    noise = 0.3 * torch.randn(2000, 200, 2, generator=rng)
    draws = torch.remainder(truth[:, None] + noise + torch.pi, 2 * torch.pi) - torch.pi
    found = recovery(truth, draws, (1,))
    assert found.r2[1] > 0.995 > 0.98 > found.r2[0]
    # The mean vector of such a posterior is as long as exp(-0.3^2 / 2).
    assert float(found.contraction[1]) == pytest.approx(math.exp(-0.09), abs=0.03)
    assert found.contraction[0] < found.contraction[1] and found.correlation[1] > 0.99


def test_angles_of_which_nothing_is_known_are_not_recovered(rng):
    truth = (2 * torch.rand(2000, 1, generator=rng) - 1) * torch.pi
    draws = (2 * torch.rand(2000, 20, 1, generator=rng) - 1) * torch.pi
    found = recovery(truth, draws, (0,))
    assert abs(float(found.contraction)) < 0.02 and abs(float(found.correlation)) < 0.1
    assert float(found.r2) < 0.1

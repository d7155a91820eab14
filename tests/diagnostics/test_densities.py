"""Divergences and errors, by hand."""

import math

import pytest
import torch

from jana.diagnostics.densities import divergence, mean, root_mean_square, share_outside


def test_the_divergence_of_two_normals(rng):
    """KL(N(0, 1) || N(1, 1)) = 1/2 nat; 4 standard errors."""
    x = torch.randn(20_000, generator=rng).double()
    p, q = torch.distributions.Normal(0.0, 1.0), torch.distributions.Normal(1.0, 1.0)
    found = divergence(p.log_prob(x), q.log_prob(x))
    assert abs(found.value - 0.5) < 4 * found.error
    assert found.error == pytest.approx(1 / math.sqrt(20_000), rel=0.05)


def test_a_pair_without_density_is_infinitely_far():
    assert divergence(torch.zeros(3), torch.tensor([0.0, -math.inf, 0.0])).value == math.inf


def test_mean_and_root_mean_square():
    found = mean(torch.tensor([1.0, 3.0]))
    assert found == (2.0, 1.0)
    assert root_mean_square(torch.tensor([3.0, -4.0])).value == pytest.approx(math.sqrt(12.5))
    assert root_mean_square(torch.zeros(5)) == (0.0, 0.0)


def test_the_share_outside():
    assert share_outside(torch.tensor([0.0, -math.inf, -1.0, math.nan])) == 0.5

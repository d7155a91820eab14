"""Priors: known densities, and draws that stay within their own bounds."""

import math

import pytest
import torch
from scipy.stats import kstest, truncnorm

from jana.rng import generator
from jana.simulators.priors import box, gaussian, truncated_gaussian

# a wide one, which is nearly uniform, one cut off on both sides, and a tail
CUT = {
    "mean": [0.0, 1.0, -3.0],
    "sd": [10.0, 0.5, 1.0],
    "low": [-5.0, 0.5, 0.0],
    "high": [5.0, 3.0, 2.0],
}


def scipys(mean, sd, low, high):
    return truncnorm((low - mean) / sd, (high - mean) / sd, loc=mean, scale=sd)


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


def test_a_truncated_gaussians_density_is_scipys_and_integrates_to_one():
    """By the midpoint rule; in double precision, which the density keeps."""
    middles = (torch.arange(60).double() + 0.5) / 60
    low, high = torch.tensor(CUT["low"]).double(), torch.tensor(CUT["high"]).double()
    theta = low + (high - low) * torch.cartesian_prod(*[middles] * 3)
    found = truncated_gaussian(**CUT).log_prob(theta)
    expected = sum(
        scipys(*edges).logpdf(column)
        for edges, column in zip(zip(*CUT.values(), strict=True), theta.T.numpy(), strict=True)
    )
    torch.testing.assert_close(found, torch.from_numpy(expected), atol=1e-6, rtol=0)
    total = float(found.exp().mean() * (high - low).prod())
    assert total == pytest.approx(1, abs=1e-3)


def test_a_truncated_gaussians_draws_are_scipys_and_lie_within_the_bounds():
    """Kolmogorov-Smirnov of 50,000 draws each (false alarms: 1 in 1,000 each)."""
    prior = truncated_gaussian(**CUT)
    theta = prior.sample(generator(1), 50_000)
    assert theta.dtype == torch.float32 and prior.log_prob(theta).isfinite().all()
    assert ((theta >= prior.low) & (theta < prior.high)).all()
    for edges, column in zip(zip(*CUT.values(), strict=True), theta.T.numpy(), strict=True):
        assert kstest(column, scipys(*edges).cdf).pvalue > 1e-3


@pytest.mark.parametrize("share", [0.0, 1 - 2.0**-53])
def test_extreme_uniforms_give_draws_within_a_truncated_gaussians_bounds(share, monkeypatch):
    prior = truncated_gaussian(**CUT)
    monkeypatch.setattr(torch, "rand", lambda *shape, generator, dtype: torch.full(shape, share))
    assert prior.log_prob(prior.sample(generator(0), 3)).isfinite().all()


@pytest.mark.parametrize("place", range(3))
def test_a_truncated_gaussian_has_no_density_outside_and_none_at_the_upper_bound(place):
    prior, inside = truncated_gaussian(**CUT), torch.tensor([0.0, 1.0, 1.0])
    for value, possible in [
        (prior.low[place], True),
        (torch.nextafter(prior.low[place], torch.tensor(-9.0)), False),
        (torch.nextafter(prior.high[place], torch.tensor(-9.0)), True),
        (prior.high[place], False),
    ]:
        theta = inside.clone()
        theta[place] = value
        assert bool(prior.log_prob(theta).isfinite()) == possible
        assert possible or prior.log_prob(theta) == -math.inf


def test_a_truncated_gaussians_gradient_is_that_of_the_normal():
    theta = torch.tensor([[1.0, 2.0, 0.5], [-4.0, 0.6, 1.5]]).double().requires_grad_()
    truncated_gaussian(**CUT).log_prob(theta).sum().backward()
    mean, sd = torch.tensor(CUT["mean"]).double(), torch.tensor(CUT["sd"]).double()
    torch.testing.assert_close(theta.grad, (mean - theta.detach()) / sd.square())

"""The first-passage density: a law of total probability, symmetry, scaling, and its two series."""

import math

import torch
from scipy.integrate import quad

from jana.simulators import wiener


def density(y, drift, boundary, shift, start):
    values = (y, drift, boundary, shift, start)
    parts = (torch.tensor(float(value), dtype=torch.float64) for value in values)
    return float(wiener.log_density(*parts).exp())


def test_it_integrates_to_one_over_both_boundaries():
    for v, a, shift, w in [(0.0, 1.0, 0.3, 0.5), (2.0, 1.5, 0.2, 0.3), (-4.0, 0.6, 0.5, 0.7)]:
        total = 0.0
        for sign in (1, -1):
            given = (sign, v, a, shift, w)
            total += quad(_at, shift, shift + 30.0, args=given, limit=500)[0]
        assert abs(total - 1) < 1e-7


def _at(time, sign, *settings):
    return density(sign * time, *settings)


def test_the_share_at_the_upper_boundary_is_that_of_a_gambler():
    """1 - (e^{-2va} - e^{-2vaw}) / (e^{-2va} - 1), Feller (1968)."""
    v, a, w = 1.3, 1.2, 0.4
    lower = (math.exp(-2 * v * a) - math.exp(-2 * v * a * w)) / (math.exp(-2 * v * a) - 1)
    found = quad(lambda t: density(-t, v, a, 0.0, w), 0, 60, limit=500)[0]
    assert abs(found - lower) < 1e-8


def test_a_mirror_image_has_the_mirrored_responses():
    rng = torch.Generator().manual_seed(1)
    y = torch.rand(50, generator=rng, dtype=torch.float64) * 2 + 0.4
    v, w = torch.randn(50, generator=rng, dtype=torch.float64), 0.3 + 0.4 * y / 3
    a, t0 = torch.full_like(y, 1.1), torch.full_like(y, 0.3)
    one = wiener.log_density(y, v, a, t0, w)
    assert torch.allclose(one, wiener.log_density(-y, -v, a, t0, 1 - w))


def test_both_series_agree_where_one_takes_over():
    w = torch.linspace(0.02, 0.98, 97, dtype=torch.float64)
    time = torch.full_like(w, wiener.SWITCH)
    gap = wiener._images(time, w) - wiener._eigen(time, w)
    assert gap.abs().max() < 1e-12


def test_before_the_shift_there_is_no_density_and_short_times_do_not_underflow():
    y = torch.tensor([0.1, 0.3, 0.3 + 1e-4], dtype=torch.float64)
    one = torch.ones(3, dtype=torch.float64)
    found = wiener.log_density(y, 0 * one, 2 * one, 0.3 * one, 0.5 * one)
    assert found[0] == found[1] == -math.inf
    assert -1e5 < found[2] < -4000


def test_gradients_are_finite_everywhere():
    y = torch.tensor([0.1, -0.35, 5.0], dtype=torch.float64)
    theta = [torch.full((3,), v, dtype=torch.float64, requires_grad=True) for v in (1, 1, 0.3, 0.4)]
    wiener.log_density(y, *theta).where(y.abs() > 0.3, torch.zeros(())).sum().backward()
    assert all(part.grad.isfinite().all() for part in theta)


def test_where_there_is_no_diffusion_there_is_no_density_and_no_nan():
    """A boundary below 0, a start on a boundary or beyond: as unbounded flows draw them."""
    one = torch.ones(6, dtype=torch.float64)
    boundary = torch.tensor([1.0, -0.5, 0.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    start = torch.tensor([0.5, 0.5, 0.5, -0.2, 1.0, 1.3], dtype=torch.float64)
    for sign in (1, -1):
        found = wiener.log_density(sign * 0.8 * one, one, boundary, 0.3 * one, start)
        assert found[0].isfinite() and (found[1:] == -math.inf).all()

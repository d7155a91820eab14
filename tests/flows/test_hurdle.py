"""Zeros and positive numbers: densities, draws that agree with them, a start by regression."""

import math

import pytest
import torch

from jana.flows.hurdle import WIDEST, Hurdle
from jana.flows.ridge import BEYOND
from jana.flows.spline import Spline
from jana.networks.levels import deviations
from jana.networks.mlp import Style
from jana.rng import generator


def hurdle(size, learned=2, plain=3, members=1, moved=0.3):
    rngs = [generator(seed) for seed in range(members)]
    found = Hurdle(rngs, size, learned, plain, Spline(4, 5.0), Style((8, 8)))
    rng = generator(9)
    with torch.no_grad():
        for weight in found.parameters():
            weight.add_(moved * torch.randn(weight.shape, generator=rng))
    return found


def test_the_density_and_the_chance_of_zero_make_up_one(rng):
    """By the trapezoid in the logarithm."""
    flow, features = hurdle(1), torch.randn(1, 1, 5, generator=rng)
    log = torch.linspace(-30, 30, 20_001)
    x = torch.cat([torch.zeros(1), log.exp()])[None, :, None]
    found = flow.log_prob(x, features.expand(1, len(log) + 1, 5))[0]
    mass = torch.trapezoid((found[1:] + log).exp(), log) + found[0].exp()
    assert float(mass.detach()) == pytest.approx(1, abs=1e-4)


def test_the_density_of_a_draw_is_the_one_it_came_with(rng):
    flow, features = hurdle(3, members=2, moved=0.1), torch.randn(2, 500, 5, generator=rng)
    noise = torch.stack([flow.noise(generator(seed), 500) for seed in (3, 4)])
    made = flow.sample(noise, features)
    x = made.draws[:, :, 0]
    assert 0.01 < float((x == 0).float().mean()) < 0.99 and (x >= 0).all()
    torch.testing.assert_close(
        flow.log_prob(x, features), made.log_prob[:, :, 0], atol=1e-3, rtol=1e-4
    )


def test_draws_of_wild_networks_are_no_larger_than_what_was_seen_but_for_a_factor(rng):
    """Of e; and densities are those of what was drawn. Nothing was seen of the last number."""
    flow, features = hurdle(3, moved=3.0), torch.randn(1, 500, 5, generator=rng)
    seen = torch.rand(400, 3, generator=rng) * torch.tensor([1.0, 1.0, 0.0])
    flow.set_from(seen, torch.randn(400, features.shape[-1] - flow.learned, generator=rng))
    found = flow.sample(flow.noise(generator(3), 500)[None], features)
    x = found.draws[:, :, 0]
    assert x.isfinite().all() and (x >= 0).all()
    most = seen[:, :2].amax(0) * math.exp(BEYOND)
    torch.testing.assert_close(x[0, :, :2].amax(0), most)  # some were cut off
    torch.testing.assert_close(
        found.log_prob[:, :, 0], flow.log_prob(x, features), atol=1e-2, rtol=1e-3
    )


def test_no_width_is_beyond_a_factor_of_two(rng):
    flow, features = hurdle(3, moved=3.0), torch.randn(1, 500, 5, generator=rng)
    *_, log_scale, _ = flow._told(deviations(torch.rand(1, 500, 3, generator=rng)), features)
    assert log_scale.min() == -WIDEST


def test_every_width_learns_at_the_start(rng):
    flow, features = hurdle(1, moved=0.0), torch.randn(1, 50, 5, generator=rng)
    flow.spread.fill_(3.0)  # wider than any may be
    x = torch.rand(1, 50, 1, generator=rng) + 0.5
    flow.log_prob(x, features).sum().backward()
    assert flow.network.last.bias.grad[..., 2].abs() > 1


def test_a_number_is_told_of_those_before_it_only(rng):
    flow, features = hurdle(3), torch.randn(1, 10, 5, generator=rng)
    x = torch.rand(1, 10, 3, generator=rng)
    other = x.clone()
    other[..., 1] = 0.0
    first, second = flow.log_probs(x, features), flow.log_probs(other, features)
    assert torch.equal(first[..., 0], second[..., 0])
    assert (first[..., 1:] != second[..., 1:]).any(-1).all()


def test_it_starts_as_the_regression_that_made_the_data(rng):
    """Log-normal numbers whose width varies, a fifth of zeros: within .02 nats of the truth."""
    plain = torch.randn(20_000, 3, generator=rng)
    sd = (0.3 * plain[:, 1] - 1).exp()
    log = 2 * plain[:, 0] + 1 + sd * torch.randn(20_000, generator=rng)
    zero = torch.rand(20_000, generator=rng) < 0.2
    x = torch.where(zero, 0.0, log.exp())[:, None]
    flow = hurdle(1, learned=0, moved=0.0)
    flow.set_from(x, plain)
    normal = -0.5 * ((log - 2 * plain[:, 0] - 1) / sd).square() - sd.log() - log
    truth = torch.where(zero, math.log(0.2), math.log(0.8) + normal - 0.5 * math.log(2 * math.pi))
    gap = truth - flow.log_prob(x[None], plain[None])[0]
    assert 0 <= float(gap.detach().mean()) + 0.005 < 0.025

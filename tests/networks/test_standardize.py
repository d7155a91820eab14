"""Standardizing: by the data's mean and spread, of logarithms where there is one bound."""

import math

import torch

from jana.networks.standardize import Standardize

INF = math.inf


def layer(low, high):
    return Standardize(torch.tensor(low), torch.tensor(high))


def test_mean_0_and_sd_1_and_a_constant_stays_finite(rng):
    x = 5 + 3 * torch.randn(1000, 2, generator=rng)
    x[:, 1] = 4.0
    found = layer([-INF, -INF], [INF, INF])
    found.set_from(x)
    z = found(x)
    torch.testing.assert_close(z.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(z[:, 0].std(), torch.tensor(1.0))
    assert (z[:, 1] == 0).all()


def test_a_feature_with_one_bound_is_taken_by_the_logarithm_of_its_distance(rng):
    """Above 2 and below -3: what is log-normal there becomes standard normal, in order."""
    noise = torch.randn(1000, 2, generator=rng)
    x = torch.stack([2 + (1 + 0.5 * noise[:, 0]).exp(), -3 - (4 * noise[:, 1]).exp()], -1)
    found = layer([2.0, -INF], [INF, -3.0])
    found.set_from(x)
    z = found(x)
    expected = torch.stack([noise[:, 0], -noise[:, 1]], -1)
    expected = (expected - expected.mean(0)) / expected.std(0)
    torch.testing.assert_close(z, expected, atol=1e-2, rtol=0)
    assert ((x[:, 1].sort().indices - z[:, 1].sort().indices) == 0).all()


def test_features_without_bounds_or_with_two_are_shifted_and_scaled_only(rng):
    x = torch.rand(1000, 2, generator=rng)
    found = layer([-INF, 0.0], [INF, 1.0])
    found.set_from(x)
    torch.testing.assert_close(found(x), (x - x.mean(0)) / x.std(0))


def test_a_value_at_the_bound_or_beyond_is_finite_and_the_input_stays_as_it_is(rng):
    found = layer([0.0], [INF])
    found.set_from(torch.rand(100, 1, generator=rng))
    x = torch.tensor([[0.0], [-1.0], [1.0]])
    z = found(x)
    assert z.isfinite().all() and z[0] < z[2]
    assert x.tolist() == [[0.0], [-1.0], [1.0]]


def test_any_leading_axes_are_taken(rng):
    found = layer([0.0, -INF], [INF, INF])
    x = torch.rand(3, 4, 5, 2, generator=rng)
    found.set_from(x.flatten(0, 2))
    torch.testing.assert_close(found(x)[2, 1], found(x[2, 1]))


def test_an_angle_is_seen_by_its_cosine_and_sine(rng):
    edge = torch.full((2,), torch.inf)
    network = Standardize(-edge, edge, (1,))
    x = torch.randn(500, 2, generator=rng)
    network.set_from(x)
    seen = network(x)
    assert seen.shape == (500, 3) and network.size == 3
    torch.testing.assert_close(seen.mean(0), torch.zeros(3), atol=1e-4, rtol=0)
    turned = x + torch.tensor([0.0, 2 * torch.pi])
    torch.testing.assert_close(network(turned), seen, atol=1e-4, rtol=1e-4)

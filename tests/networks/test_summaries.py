"""The paper's summary networks."""

import torch

from jana.networks.published import PaperDeepSet, Perceptron
from jana.rng import generator

M, B, T, X, F = 2, 6, 7, 3, 4


def rngs(*seeds):
    return [generator(seed) for seed in seeds]


def deep_set(*seeds):
    return PaperDeepSet(rngs(*seeds), X, (8, 5), F, 2.0).requires_grad_(False)


def test_the_order_of_the_trials_does_not_matter_but_their_values_do(rng):
    x, summary = torch.randn(M, B, T, X, generator=rng), deep_set(1, 2)
    order = torch.randperm(T, generator=rng)
    torch.testing.assert_close(summary(x[:, :, order]), summary(x), atol=1e-5, rtol=1e-5)
    changed = x.clone()
    changed[:, 0, 0] += 1
    gap = (summary(changed) - summary(x)).abs().amax(-1)
    assert (gap[:, 0] > 1e-5).all() and (gap[:, 1:] == 0).all()


def test_a_set_that_is_doubled_has_the_same_summary(rng):
    """Sets are averaged, not summed."""
    x, summary = torch.randn(M, B, T, X, generator=rng), deep_set(1, 2)
    torch.testing.assert_close(summary(torch.cat([x, x], 2)), summary(x), atol=1e-5, rtol=1e-5)


def test_members_are_independent(rng):
    x = torch.randn(1, B, T, X, generator=rng).expand(M, B, T, X)
    found = deep_set(1, 2)(x)
    torch.testing.assert_close(found[1:], deep_set(2)(x[1:]), atol=1e-6, rtol=1e-5)
    assert not torch.allclose(found[0], found[1])


def test_data_are_divided_by_the_scale(rng):
    x = torch.randn(1, B, X, generator=rng)
    one, two = (Perceptron(rngs(1), X, (8, 5), F, 0.0, scale) for scale in (1.0, 50.0))
    torch.testing.assert_close(two(50 * x), one(x))
    assert one(x).shape == (1, B, F)


def test_dropout_is_in_training_only_and_each_members_own(rng):
    x = torch.randn(1, 400, X, generator=rng).expand(2, 400, X)
    network = Perceptron(rngs(1, 1), X, (30, 30), F, 0.2, 1.0).requires_grad_(False)
    network.masks.rngs = rngs(3, 4)
    network.train()
    found = network(x)
    assert not torch.allclose(found[0], found[1]) and not torch.allclose(found, network(x))
    network.eval()
    assert torch.equal(network(x), network(x)) and torch.equal(*network(x))


def test_the_number_of_trials_is_handed_on_where_it_is_asked_for(rng):
    x = torch.randn(M, B, T, X, generator=rng)
    counting = PaperDeepSet(rngs(1, 2), X, (8, 5), F, 2.0, count=True).requires_grad_(False)
    found = counting(x)
    assert found.shape == (M, B, F + 1) and counting.size == F + 1 and deep_set(1, 2).size == F
    assert torch.equal(found[..., :F], deep_set(1, 2)(x))
    torch.testing.assert_close(found[..., F].exp(), torch.full((M, B), float(T)))

"""Summaries of exchangeable trials."""

import pytest
import torch

from jana.networks.deep_set import DeepSet
from jana.networks.mlp import Style
from jana.rng import generator

M, B, T, X, F = 2, 6, 7, 3, 4
PAIRS = 3  # of coordinates
COUNT = 2 * X + PAIRS  # where the number of trials stands
BOUNDS = torch.full((X,), -torch.inf), torch.full((X,), torch.inf)


def build(seeds=(1, 2)):
    rngs = [generator(seed) for seed in seeds]
    return DeepSet(rngs, BOUNDS, F, Style((8, 5)))


@pytest.fixture
def trials(rng):
    return 2 + 3 * torch.randn(M, B, T, X, generator=rng)


@pytest.fixture
def summary(trials, rng):
    """Away from its start, where the learned features are zero."""
    built = build()
    built.set_from(trials[0])
    for weight in built.parameters():
        weight.data += 0.3 * torch.randn(weight.shape, generator=rng)
    return built.requires_grad_(False)


def test_the_order_of_the_trials_does_not_matter(summary, trials, rng):
    order = torch.randperm(T, generator=rng)
    assert order.tolist() != sorted(order.tolist())
    torch.testing.assert_close(summary(trials[:, :, order]), summary(trials), atol=1e-5, rtol=1e-5)


def test_another_set_has_another_summary(summary, trials):
    changed = trials.clone()
    changed[:, 0, 0] += 1
    gap = (summary(changed) - summary(trials)).abs().amax(-1)
    assert (gap[:, 0] > 1e-3).all() and (gap[:, 1:] == 0).all()


@pytest.mark.parametrize("size", [1, 2, 30])
def test_any_number_of_trials_is_taken(summary, size, rng):
    found = summary(torch.randn(M, B, size, X, generator=rng))
    assert found.shape == (M, B, summary.size) == (M, B, COUNT + 1 + F)
    assert found.isfinite().all()


def test_the_number_of_trials_is_seen(summary, trials):
    """Every trial twice: the same moments, but for the number."""
    once, twice = summary(trials), summary(trials.repeat(1, 1, 2, 1))
    torch.testing.assert_close(twice[..., :COUNT], once[..., :COUNT], atol=1e-5, rtol=1e-5)
    assert (twice[..., COUNT] > once[..., COUNT] + 0.5).all()


def test_learned_features_are_of_averages(summary, trials):
    """Blind to the number of trials, they are the same for every trial twice."""
    summary.all[0].weight[:, -1] = 0  # the number is the last of the moments
    once, twice = summary(trials), summary(trials.repeat(1, 1, 2, 1))
    assert once[..., COUNT + 1 :].abs().min() > 0
    torch.testing.assert_close(
        twice[..., COUNT + 1 :], once[..., COUNT + 1 :], atol=1e-5, rtol=1e-5
    )


def test_the_learned_features_start_at_zero_beside_the_moments(trials):
    built = build()
    built.set_from(trials[0])
    found = built(trials)
    x = (trials - trials[0].flatten(0, 1).mean(0)) / trials[0].flatten(0, 1).std(0)
    torch.testing.assert_close(found[..., :X], x.mean(2), atol=1e-5, rtol=1e-5)
    spread = x.var(2, correction=0).sqrt().log()
    torch.testing.assert_close(found[..., X : 2 * X], spread, atol=1e-4, rtol=1e-4)
    log_trials = torch.full((M, B), T).log()
    covariance = torch.stack([torch.cov(one.T, correction=0) for one in x.flatten(0, 1)])
    pairs = torch.stack([covariance[:, i, j] for i, j in ((0, 1), (0, 2), (1, 2))], -1)
    together = found[..., 2 * X : COUNT].flatten(0, 1)
    torch.testing.assert_close(together, pairs, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found[..., COUNT], log_trials)
    assert (found[..., COUNT + 1 :] == 0).all()


def test_coordinates_with_a_bound_are_taken_by_their_logarithms(rng):
    bounds = torch.tensor([0.0, -torch.inf]), torch.full((2,), torch.inf)
    built = DeepSet([generator(1)], bounds, F, Style((8, 5)))
    logs = torch.randn(1, B, T, 2, generator=rng)
    x = torch.stack([logs[..., 0].exp(), logs[..., 1]], -1)
    built.set_from(x[0])
    expected = (logs - logs.flatten(0, 2).mean(0)) / logs.flatten(0, 2).std(0)
    torch.testing.assert_close(built(x)[..., :2], expected.mean(2), atol=1e-4, rtol=1e-4)


def test_the_learned_features_leave_zero_by_gradients(trials):
    built = build()
    built(trials).sum().backward()
    assert built.last.weight.grad.abs().sum() > 0


def test_trials_that_are_all_alike_are_finite_with_their_gradients(summary):
    summary.requires_grad_(True)
    summary(torch.ones(M, B, T, X)).sum().backward()
    assert all(weight.grad.isfinite().all() for weight in summary.parameters())


def test_a_member_does_what_it_would_alone(summary, trials):
    alone = build([9])
    shared = ("standardize.",)
    state = {
        key: value if key.startswith(shared) else value[1:2]
        for key, value in summary.state_dict().items()
    }
    alone.load_state_dict(state)
    torch.testing.assert_close(summary(trials)[1:2], alone(trials[1:2]))


def test_a_member_starts_as_it_would_alone():
    both, alone = dict(build([1, 2]).named_parameters()), dict(build([2]).named_parameters())
    assert all(torch.equal(both[key][1:], value) for key, value in alone.items())
    assert not torch.equal(both["each.0.weight"][0], both["each.0.weight"][1])

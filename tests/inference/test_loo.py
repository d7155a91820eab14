"""Inference from exchangeable trials: shapes, single trials, one left out."""

import pytest
import torch
from designs import pair

from jana import simulators
from jana.inference import chunks, draws, loo, surrogate
from jana.recipes import generators
from jana.rng import generator

SEEDS, T = [1, 2], 20


@pytest.fixture(scope="module")
def model():
    """Away from its start, so that members differ."""
    built = pair("gaussian_iid", SEEDS)
    built.set_from(*simulators.get("gaussian_iid").draw(generator(0), 500))
    rng = generator(1)
    for weight in built.parameters():
        weight.data += 0.02 * torch.randn(weight.shape, generator=rng)
    return built.eval().requires_grad_(False)


@pytest.fixture
def pairs(model):
    return model.shared(*simulators.get("gaussian_iid").draw(generator(3), 6))


def test_surrogate_data_sets_are_as_large_as_the_training_sets(model, pairs):
    found = surrogate.simulate(model, generators(SEEDS, "a"), *pairs, 4)
    assert found.shape == (2, 6, 4, T, 1) and len(found.unique()) == found.numel()


def test_surrogate_trials_follow_their_own_parameters(model):
    """Means of -3 and 3, the variance alike: 2,000 trials each (the regression is that exact)."""
    theta = torch.tensor([[-3.0, 1.0], [3.0, 1.0]]).expand(2, 2, 2)
    none = torch.zeros(2, 2, T, 1)  # a design there is not
    found = surrogate.simulate(model, generators(SEEDS, "a"), theta, none, 100).flatten(2)
    expected = torch.tensor([-3.0, 3.0]).expand(2, 2)
    torch.testing.assert_close(found.mean(2), expected, atol=0.5, rtol=0)


def test_densities_at_draws_are_sums_over_trials(model, pairs):
    theta, x = pairs
    many = theta[:, :, None] + torch.tensor([0.0, 0.1, 0.2])[:, None]
    found = surrogate.log_likelihood_of_trials(model, many, x)
    assert found.shape == (2, 6, 3, T)
    whole = surrogate.log_likelihood_of_draws(model, many, x)
    torch.testing.assert_close(found.sum(-1), whole, atol=1e-3, rtol=1e-5)
    by_hand = model.likelihood.log_prob(x[:, :, 5], many[:, :, 1])
    torch.testing.assert_close(found[:, :, 1, 5], by_hand, atol=1e-4, rtol=1e-5)


def test_densities_do_not_depend_on_chunks(model, pairs, monkeypatch):
    theta, x = pairs
    many = theta[:, :, None].repeat(1, 1, 9, 1)
    whole = surrogate.log_likelihood_of_trials(model, many, x)
    monkeypatch.setattr(chunks, "ROWS", 30)
    monkeypatch.setattr(surrogate, "PAIRS", 20)
    parts = surrogate.log_likelihood_of_trials(model, many, x)
    torch.testing.assert_close(whole, parts)


def test_joint_draws_take_whole_surrogate_data_sets(model, pairs):
    x, found = draws.joint_draws(model, generators(SEEDS, "a"), *pairs, 5)
    assert x.shape == (2, 6, T, 1) and found.draws.shape == (2, 6, 5, 2)
    again = draws.log_posterior(model, found.draws[:, :, 2], x)
    torch.testing.assert_close(again, found.log_prob[:, :, 2], atol=1e-3, rtol=1e-4)


def test_exactly_one_trial_is_left_out_in_turn():
    x = torch.arange(4.0).reshape(4, 1)
    found = loo.left_out(x)[..., 0]
    assert found.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def test_leaving_out_keeps_the_axes_before_and_the_coordinates(rng):
    x = torch.randn(2, 3, 5, 4, generator=rng)
    found = loo.left_out(x)
    assert found.shape == (2, 3, 5, 4, 4)
    assert torch.equal(found[1, 2, 3], x[1, 2, [0, 1, 2, 4]])


def test_one_trial_cannot_be_left_out():
    with pytest.raises(ValueError, match="leaving one trial out needs 2 or more, not 1"):
        loo.left_out(torch.zeros(3, 1, 2))


def test_densities_of_left_out_trials_are_at_draws_without_them(model, pairs):
    """By hand for one trial of the first data set: the same draws, the likelihood there."""
    _, x = pairs
    drawn = loo.draws_left_out(model, generators(SEEDS, "a"), x[:, 0], 8)
    found = loo.log_likelihood_left_out(model, drawn, x[:, 0])
    assert found.shape == (2, 8, T)
    without = loo.left_out(x[:, 0])  # (M, T, S, X): each a data set of its own
    again = draws.posterior_draws(model, generators(SEEDS, "a"), without, 8).draws
    assert torch.equal(drawn, again)
    i = 13
    by_hand = torch.stack(
        [model.likelihood.log_prob(x[:, 0, i : i + 1], drawn[:, i, n : n + 1]) for n in range(8)]
    )
    torch.testing.assert_close(found[:, :, i], by_hand[..., 0].mT, atol=1e-4, rtol=1e-5)


def test_a_left_out_trial_does_not_touch_its_own_draws(model, pairs):
    """Moving trial 3 changes what is drawn without any other, and nothing drawn without it."""
    _, x = pairs
    moved = x.clone()
    moved[:, :, 3] += 1
    first, second = (
        draws.posterior_draws(model, generators(SEEDS, "a"), loo.left_out(part[:, 0]), 8).draws
        for part in (x, moved)
    )
    assert torch.equal(first[:, 3], second[:, 3])
    others = [i for i in range(T) if i != 3]
    assert (first[:, others] != second[:, others]).flatten(2).any(-1).all()

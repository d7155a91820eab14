"""Losses, and the subsets of exchangeable trials that they see."""

from itertools import combinations

import pytest
import torch
from designs import pair

from jana import simulators
from jana.rng import generator
from jana.training.losses import SCALES, Trials, nll, normal_mmd2, some_trials

SEEDS, T = [1, 2], 5


@pytest.fixture(scope="module")
def exchangeable():
    """A pair for exchangeable data, away from its start, and data sets of five trials."""
    model = pair("gaussian_iid", SEEDS)
    theta, x = simulators.get("gaussian_iid").draw(generator(0), 40)
    model.set_from(theta, x)
    rng = generator(1)
    for weight in model.parameters():
        weight.data += 0.1 * torch.randn(weight.shape, generator=rng)
    return model.eval().requires_grad_(False), *model.shared(theta, x[:, :T])


def rows(size):
    return [torch.tensor(chosen) for chosen in combinations(range(T), size)]


def test_the_loss_is_the_mean_negative_log_density_of_each_network():
    model = pair("two_moons", SEEDS)
    theta, x = model.shared(*simulators.get("two_moons").draw(generator(0), 30))
    found = nll(model, theta, x)
    torch.testing.assert_close(found["posterior"], -model.posterior.log_prob(theta, x).mean(1))
    torch.testing.assert_close(found["likelihood"], -model.likelihood.log_prob(x, theta).mean(1))


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_likelihoods_loss_on_a_subset_is_unbiased(exchangeable, size):
    """Its average over all subsets is the loss on all trials."""
    model, theta, x = exchangeable
    whole = nll(model, theta, x)["likelihood"]
    every = torch.arange(T)
    found = [nll(model, theta, x, Trials(every, r))["likelihood"] for r in rows(size)]
    torch.testing.assert_close(torch.stack(found).mean(0), whole)
    assert (found[0] - whole).abs().min() > 1e-3


def test_the_posterior_sees_its_subset_and_no_other(exchangeable):
    model, theta, x = exchangeable
    seen = torch.tensor([3, 0])
    found = nll(model, theta, x, Trials(seen, torch.tensor([1])))["posterior"]
    expected = -model.log_posterior(theta, x[:, :, [0, 3]]).mean(-1)
    torch.testing.assert_close(found, expected)


def test_all_trials_are_no_subset(exchangeable):
    model, theta, x = exchangeable
    every = Trials(torch.arange(T), torch.arange(T))
    for found, expected in zip(
        nll(model, theta, x, every).values(), nll(model, theta, x).values(), strict=True
    ):
        torch.testing.assert_close(found, expected)


def drawn(least=0.5, likelihood=4, trials=20, n=3000):
    rng = generator(2)
    return [some_trials(rng, trials, least, likelihood) for _ in range(n)]


def test_the_posterior_sees_any_number_of_trials_from_the_least_to_all():
    sizes = [len(found.posterior) for found in drawn()]
    assert set(sizes) == set(range(10, 21))


def test_there_is_always_a_trial_to_see():
    found = drawn(least=0.0, likelihood=1, trials=2, n=100)
    assert {len(each.posterior) for each in found} == {1, 2}
    assert {len(each.likelihood) for each in found} == {1}


def test_the_likelihood_sees_as_many_as_it_is_told_or_all():
    assert {len(found.likelihood) for found in drawn()} == {4}
    assert {len(found.likelihood) for found in drawn(likelihood=50, n=10)} == {20}


@pytest.mark.parametrize("name", Trials._fields)
def test_no_trial_is_seen_twice_and_all_alike_often(name):
    """Of 3,000 subsets; a trial's share is off by less than 4 sd (1 in 800 by chance, of 20)."""
    found = [getattr(each, name) for each in drawn()]
    assert all(len(rows.unique()) == len(rows) for rows in found)
    counts = torch.cat(found).bincount(minlength=20) / len(found)
    share = sum(len(rows) for rows in found) / len(found) / 20
    assert ((counts - share).abs() < 4 * (share * (1 - share) / len(found)) ** 0.5).all()


def penalty_by_draws(features, rng):
    """The paper's: with draws of the normal distribution in place of expectations."""
    draws = torch.randn(4000, features.shape[-1], generator=rng, dtype=features.dtype)
    found = 0.0
    for scale in SCALES:
        pairs = [(features, features), (draws, draws), (features, draws)]
        same, normal, both = ((-(torch.cdist(*p) ** 2) / (2 * scale)).exp() for p in pairs)
        off = (normal.sum() - len(draws)) / (len(draws) * (len(draws) - 1))
        found = found + same.mean() + off - 2 * both.mean()
    return found


def test_the_penalty_is_that_of_many_normal_draws(rng):
    features = 0.3 + 1.4 * torch.randn(60, 3, generator=rng, dtype=torch.float64)
    exact = normal_mmd2(features[None])[0]
    assert float(exact) == pytest.approx(float(penalty_by_draws(features, rng)), abs=0.05)


@pytest.mark.parametrize(
    "change", [lambda x: x + 1, lambda x: 0.3 * x, lambda x: x[..., :1].expand_as(x)]
)
def test_the_penalty_flags_features_that_are_not_standard_normal(rng, change):
    """Shifted, shrunk, or copies of each other: more than three times that of normal ones."""
    features = torch.randn(1, 500, 4, generator=rng)
    assert float(normal_mmd2(change(features))) > 3 * float(normal_mmd2(features)) > 0

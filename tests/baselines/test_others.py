"""Methods of sbi, made small: whatever they have learned, the protocol holds."""

import os

import pytest
import torch
from entries import ENTRIES, TASK, fitted
from sbi.inference import ImportanceSamplingPosterior

from jana import simulators
from jana.baselines.calls import box
from jana.rng import generator

SLOW = ("snl", "snre_b", "snvi")  # a slice sampler tunes itself for seconds, however small a run
ALL = [pytest.param(n, marks=pytest.mark.heavy) if n in SLOW else n for n in ENTRIES]


@pytest.mark.parametrize("name", ALL)
def test_the_budget_is_spent_whole_and_draws_keep_to_the_prior(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, task = fitted(ENTRIES[name], name)
    assert task.used == 200 and list(found.posteriors) == [name]
    drawn = found.posteriors[name](generator(3), torch.zeros(2), 40)
    assert drawn.theta.shape == (40, 2) and TASK.prior.log_prob(drawn.theta).isfinite().all()
    assert (drawn.outside is None) == (name in SLOW)  # chains reject nothing that is counted
    assert drawn.outside is None or 0 <= drawn.outside < 1
    assert found.amortized == (name == "npe_c")
    if found.surrogate is not None:
        made = found.surrogate(generator(4), drawn.theta)
        assert made.shape == (40, 2) and made.isfinite().all()
    pairs = TASK.draw(generator(5), 10)
    for log_density in found.densities.values():
        assert log_density(*pairs).shape == (10,)
    assert not os.listdir(tmp_path)  # sbi would leave a folder of logs


@pytest.mark.heavy
def test_snvis_draws_are_each_of_as_many_proposals_as_its_setting_says(monkeypatch):
    asked, sir = [], ImportanceSamplingPosterior._sir_sample

    def spy(self, shape, *, oversampling_factor, **more):
        asked.append(oversampling_factor)
        return sir(self, shape, oversampling_factor=oversampling_factor, **more)

    monkeypatch.setattr(ImportanceSamplingPosterior, "_sir_sample", spy)
    found, _ = fitted(ENTRIES["snvi"], "snvi")
    found.posteriors["snvi"](generator(3), torch.zeros(2), 40)
    assert len(asked) > 1 and set(asked) == {4}


@pytest.mark.parametrize("name", ["snpe_c", pytest.param("snl", marks=pytest.mark.heavy)])
def test_a_run_depends_on_its_seed_alone(name):
    first, second, other = (
        fitted(ENTRIES[name], name, seed)[0].posteriors[name](generator(3), torch.zeros(2), 20)
        for seed in (1, 1, 2)
    )
    assert torch.equal(first.theta, second.theta) and not torch.equal(first.theta, other.theta)


def test_as_many_epochs_are_trained_as_are_asked_for():
    found, _ = fitted(ENTRIES["snpe_c"], "snpe_c")
    assert found.notes == {"epochs": 6.0, "capped": 1.0}  # three in each round


def test_a_likelihood_network_of_one_round_is_for_every_observation():
    found, task = fitted(ENTRIES["snl"], "snl", per_round=None)
    assert task.used == 200 and found.amortized
    theta, x = TASK.draw(generator(5), 3000)
    assert found.densities["likelihood"](theta, x).isfinite().all()
    made = found.surrogate(generator(4), theta)
    assert made.shape == x.shape and (made.mean(0) - x.mean(0)).abs().max() < 0.5


def test_a_ratio_network_of_one_round_spends_the_budget():
    found, task = fitted(ENTRIES["snre_b"], "snre_b", per_round=None)
    assert task.used == 200 and found.amortized and found.surrogate is None
    assert found.notes == {"epochs": 3.0, "capped": 1.0}


def test_a_prior_that_is_no_box_is_refused():
    with pytest.raises(ValueError, match="under a uniform prior on a box"):
        box(simulators.get("gaussian_linear").prior)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["npe_c", "snl", "snre_b"])
def test_a_method_of_some_size_finds_both_moons(name):
    """So that they are not crippled by what is around them.

    Draws on each moon, of 1,000, and on none: a ratio network of so few simulations tells the
    moons' shares by a third.
    """
    training = {"epochs": 100, "batch": 100}
    size = {"hidden": 50, "training": training}
    if name != "snre_b":
        size |= {"transforms": 5}
    sampler = {"sampler": {"chains": 1000, "warmup": 50, "candidates": 1000}}
    changes = size | ({} if name == "npe_c" else sampler | {"per_round": 1000})
    found, _ = fitted(ENTRIES[name], name, budget=2000, **changes)
    theta = found.posteriors[name](generator(3), torch.zeros(2), 1000).theta
    moons = TASK.mode(theta, torch.zeros(1, 2))
    assert (moons < 0).double().mean() < 0.2
    assert min((moons == moon).double().mean() for moon in (0, 1)) > 0.25

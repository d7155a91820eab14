"""A posterior network that also learns from its likelihood network, which is trained first."""

from dataclasses import replace

import pytest
import torch
from designs import pair, training

from jana import simulators
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

STAGED = training(surrogate=0.5, epochs=3)
SEEDS = [3, 4]
N = 400


def begin(schedule=STAGED, seeds=SEEDS, task="two_moons", learn=N):
    simulator = simulators.get(task)
    model = pair(task, seeds, schedule=schedule)
    pairs, others = (tuple(simulator.draw(generator(seed), learn)) for seed in (8, 9))
    data = fit.split(pairs, schedule, others)
    return model, fit.begin(model, data[0], schedule), data


def run(model, state, data, schedule=STAGED, seeds=SEEDS, passes=None, task="two_moons"):
    course = fit.Course(data, schedule, simulators.get(task).prior.sample)
    for _ in fit.epochs(model, state, nll, course, seeds):
        if state.passes == passes:
            break
    return {key: value.clone() for key, value in model.state_dict().items()}


@pytest.mark.parametrize("task", ["two_moons", "gaussian_iid"])
def test_the_likelihood_network_is_trained_before_the_posterior_network(task):
    model, state, data = begin(task=task)
    run(model, state, data, task=task)
    seen = [(epoch.index, *epoch.validation) for epoch in state.history]
    assert seen == [(i, name) for name in ("likelihood", "posterior") for i in range(4)]
    assert state.passes == 6
    if task == "two_moons":  # of the other, so small networks learn little in so few steps
        for name in ("likelihood", "posterior"):
            losses = [e.validation[name] for e in state.history if name in e.validation]
            assert (losses[-1] < losses[0]).all()


def test_the_second_stage_leaves_the_likelihood_network_as_it_was_kept():
    model, state, data = begin()
    run(model, state, data, passes=4)
    kept = state.parts[("likelihood",)].weights.clone()
    assert torch.equal(kept, state.parts[("likelihood",)].best)
    run(model, state, data)
    assert torch.equal(kept, state.parts[("likelihood",)].weights)


@pytest.mark.parametrize("passes", [2, 3, 5])
def test_a_run_resumed_in_either_stage_is_bit_equal(passes, tmp_path):
    whole = run(*begin())
    model, state, data = begin()
    run(model, state, data, passes=passes)
    torch.save(state.state(), tmp_path / "state.pt")
    model, again, data = begin()
    again.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    assert again.passes == passes
    resumed = run(model, again, data)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_members_equal_single_runs():
    together = run(*begin())
    for index, seed in enumerate(SEEDS):
        alone = run(*begin(seeds=[seed]), seeds=[seed])
        for key, value in together.items():
            if len(value.shape) and len(value) == len(SEEDS) and len(alone[key]) == 1:
                torch.testing.assert_close(value[index], alone[key][0], atol=1e-5, rtol=1e-5)


def rows(state, model, data, schedule=STAGED, stage=1, epoch=0):
    state.stage, state.epoch = stage, epoch
    prior = simulators.get("two_moons").prior.sample
    return fit._rows(model, data[0], schedule, SEEDS, prior, None, state)


def test_the_stated_share_of_rows_is_made_and_the_others_are_simulated():
    schedule = replace(STAGED, surrogate=0.25)
    model, state, data = begin(schedule)
    theta, x, _ = rows(state, model, data, schedule)
    assert theta.shape == (2, 360, 2) and x.shape == (2, 360, 2)
    simulated = {tuple(row) for row in torch.cat(data[0], 1).tolist()}
    for member in torch.cat([theta, x], -1).tolist():
        known = [tuple(row) in simulated for row in member]
        assert sum(known) == 270
        assert len({tuple(row) for row in member}) == 360  # no row twice


def test_made_rows_are_new_in_every_epoch_and_each_members_own():
    model, state, data = begin()
    first, second = (rows(state, model, data, epoch=epoch)[0] for epoch in (0, 1))
    made = first[:, -100:], second[:, -100:]
    assert not torch.isin(made[0], made[1]).any()
    assert not torch.isin(made[0][0], made[0][1]).any()
    again = rows(state, model, data, epoch=0)[0]
    assert torch.equal(first, again)


def test_rows_with_new_noise_are_each_members_own_and_new_in_every_epoch():
    model, state, data = begin()
    schedule, prior = replace(STAGED, surrogate=0.25), simulators.get("two_moons").prior.sample
    clean = data[0][1]

    def redrawn(rng):
        return clean + 0.01 * torch.randn(clean.shape, generator=rng)

    def seen(stage, epoch):
        state.stage, state.epoch = stage, epoch
        return fit._rows(model, data[0], schedule, SEEDS, prior, redrawn, state)[1]

    first = seen(0, 0)
    assert (first - clean).abs().max() < 0.06
    assert not torch.equal(*first) and not torch.equal(first, seen(0, 1))
    assert torch.equal(first, seen(0, 0))
    real = seen(1, 0)[:, :270]  # those that the likelihood network did not make
    assert (torch.cdist(real, clean.expand(2, -1, -1)).amin(-1) < 0.06).all()
    assert not torch.isin(real, clean).all()


def test_the_first_stage_sees_simulations_alone():
    model, state, data = begin()
    theta, _, _ = rows(state, model, data, stage=0)
    assert torch.equal(theta[0], data[0][0]) and torch.equal(theta[1], data[0][0])


def test_surrogate_data_are_draws_of_the_likelihood_network():
    """Each member's own, with the shape of a data set, also where trials are exchangeable."""
    for task, shape in (("two_moons", (2,)), ("gaussian_iid", (20, 1))):
        model = pair(task, SEEDS)
        theta = simulators.get(task).prior.sample(generator(1), 6).expand(2, 6, 2)
        made = model.surrogate([generator(3), generator(4)], theta, torch.zeros(2, 6, *shape))
        assert made.shape == (2, 6, *shape)
        trials = shape[0] if len(shape) == 2 else 1
        noise = model.likelihood.noise([generator(3), generator(4)], 6, trials)
        direct = model.likelihood.sample(noise, theta).draws
        torch.testing.assert_close(made, direct.reshape(made.shape))


def test_the_likelihood_network_may_have_its_own_number_of_passes():
    """And its own schedule of learning rates: as alone, with so many epochs."""
    schedule = replace(STAGED, likelihood_epochs=5)
    model, state, data = begin(schedule)
    run(model, state, data, schedule)
    passes = {name: 0 for name in ("likelihood", "posterior")}
    for epoch in state.history:
        passes |= {name: epoch.index for name in epoch.train}
    assert passes == {"likelihood": 5, "posterior": 3}
    assert state.arrays()["validation"][1].shape == (6, 2, 2)
    whole = replace(STAGED, epochs=5)
    other, begun, _ = begin(whole)
    run(other, begun, data, whole, passes=5)
    kept = [one.parts[("likelihood",)].best for one in (state, begun)]
    torch.testing.assert_close(*kept)

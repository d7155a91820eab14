"""Training: members as alone, resuming as uninterrupted, honest about what is not finite."""

import math

import pytest
import torch

from jana import simulators
from jana.recipes import Design, FlowSettings, build_joint
from jana.rng import generator
from jana.training import fit
from jana.training.fit import Training
from jana.training.losses import nll

FLOW = FlowSettings(
    layers=1, warp="spline", bins=4, bound=4.0, hidden=(16,), mixing="permutation", act_norm=True
)
TRAINING = Training(
    epochs=4, batch=20, rate=3e-3, warmup=0.1, clip=2.0, decay=0.9, patience=10, validation=0.1
)
SEEDS = [3, 4, 5]


def begin(seeds=SEEDS, training=TRAINING, task="two_moons", n=1000):
    simulator = simulators.get(task)
    data = tuple(simulator.draw(generator(8), n))
    model = build_joint(Design(FLOW, FLOW, training), simulator, data[1].shape[1], seeds)
    return model, fit.begin(model, data, training), data


def run(model, state, data, seeds=SEEDS, training=TRAINING, stop=None):
    for epoch in fit.epochs(model, state, nll, data, training, seeds):
        if epoch.index == stop:
            break
    return {key: value.clone() for key, value in model.state_dict().items()}


def test_training_lowers_both_losses():
    model, state, data = begin()
    run(model, state, data)
    for part in ("posterior", "likelihood"):
        first, last = (state.history[i].validation[part] for i in (0, -1))
        assert (last < first - 0.1).all()


def test_the_kept_weights_are_those_of_the_best_validation_loss():
    model, state, data = begin()
    run(model, state, data)
    _, held_out = fit.split(1000, TRAINING.validation)
    with torch.no_grad():
        found = nll(model, *model.shared(*(part[held_out] for part in data)))
    for part, losses in found.items():
        best = torch.stack([epoch.validation[part] for epoch in state.history]).min(0).values
        torch.testing.assert_close(losses, best)
        torch.testing.assert_close(state.parts[part].best_loss, best)


@pytest.mark.parametrize("stop", [1, 3])
def test_a_resumed_run_is_bit_equal_to_an_uninterrupted_one(stop, tmp_path):
    whole = run(*begin())
    model, state, data = begin()
    run(model, state, data, stop=stop)
    torch.save(state.state(), tmp_path / "state.pt")
    model, again, data = begin()
    again.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    assert again.epoch == stop
    resumed = run(model, again, data)
    assert whole.keys() == resumed.keys()
    for key in whole:
        assert torch.equal(whole[key], resumed[key]), key
    for part in again.parts.values():  # else nothing after the stop would have mattered
        assert (part.best_epoch > stop).all()


def test_a_resumed_state_ends_as_the_uninterrupted_one(tmp_path):
    """Not the weights alone: averages, losses, Adam's moments and step counts, the history."""
    model, whole, data = begin()
    run(model, whole, data)
    model, first, data = begin()
    run(model, first, data, stop=2)
    torch.save(first.state(), tmp_path / "state.pt")
    model, again, data = begin()
    again.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    run(model, again, data)
    ours, theirs = again.state() | {"seconds": 0}, whole.state() | {"seconds": 0}
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_a_finished_run_that_is_resumed_only_hands_over_its_best():
    model, state, data = begin()
    whole, saved = run(model, state, data), state.state()
    model, state, data = begin()
    state.restore(saved)
    resumed = run(model, state, data)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_members_equal_single_runs_after_200_steps():
    training = Training(**{**vars(TRAINING), "epochs": 5})  # 45 steps each
    together = after_all_steps(SEEDS, training)
    for index, seed in enumerate(SEEDS):
        alone = after_all_steps([seed], training)
        for name, pair in together.items():
            for found, expected in zip(pair, alone[name], strict=True):
                torch.testing.assert_close(found[index], expected[0], atol=1e-5, rtol=1e-5)


def after_all_steps(seeds, training):
    """Weights and averages of both parts as the last step left them, before the best are kept."""
    model, state, data = begin(seeds, training)
    for epoch in fit.epochs(model, state, nll, data, training, seeds):
        if epoch.index == training.epochs:
            found = {k: (p.weights.clone(), p.average.clone()) for k, p in state.parts.items()}
    return found


def test_seeds_give_other_weights_and_the_same_seed_the_same():
    model, state, data = begin([3, 4, 3])
    run(model, state, data, [3, 4, 3])
    weights = state.parts["posterior"].weights
    torch.testing.assert_close(weights[0], weights[2], atol=1e-6, rtol=1e-6)
    assert (weights[0] - weights[1]).abs().max() > 0.1


def test_a_part_that_stopped_improving_keeps_its_best_and_the_run_ends():
    training = Training(**{**vars(TRAINING), "epochs": 200, "rate": 0.03, "patience": 2})
    model, state, data = begin(training=training, n=200, task="gaussian_linear")
    run(model, state, data, training=training)
    assert state.epoch < 200 and state.finished
    for part in state.parts.values():
        assert (state.epoch >= part.best_epoch + 2).all()


def test_a_member_that_is_not_finite_is_skipped_counted_and_reported():
    """Member 1's loss is made NaN: it stands still, the others go on, and then it is named."""

    def broken(model, theta, x):
        terms = nll(model, theta, x)
        mask = torch.tensor([0.0, math.nan, 0.0])
        return {**terms, "posterior": terms["posterior"] + mask * terms["posterior"]}

    model, state, data = begin()
    before = state.parts["posterior"].weights.clone()
    with pytest.raises(
        FloatingPointError,
        match=r"posterior network of member 1 .* 45 of the 45 .* first at step 1:",
    ):
        next(fit.epochs(model, state, broken, data, TRAINING, SEEDS))
    after = state.parts["posterior"].weights
    assert torch.equal(before[1], after[1])
    assert not torch.equal(before[0], after[0]) and not torch.equal(before[2], after[2])
    assert state.parts["posterior"].skipped.tolist() == [0, 45, 0]
    assert state.parts["likelihood"].skipped.tolist() == [0, 0, 0]


def test_a_single_skipped_step_is_borne_and_leaves_no_trace_in_the_others():
    """One step in 450 is not finite for member 1: fewer than 1 % of the steps."""
    calls = iter(range(10_000))

    def once(model, theta, x):
        terms = nll(model, theta, x)
        bad = math.inf if theta.shape[1] == 2 and next(calls) == 5 else 0.0
        return {k: v + torch.tensor([0.0, bad, 0.0]) for k, v in terms.items()}

    training = Training(**{**vars(TRAINING), "epochs": 1, "batch": 2})
    model, state, data = begin(training=training)
    for _ in fit.epochs(model, state, once, data, training, SEEDS):
        pass
    part = state.parts["posterior"]
    assert part.skipped.tolist() == [0, 1, 0]
    steps = [adam.state_dict()["state"][0]["step"].item() for adam in part.optimizers]
    assert steps == [450, 449, 450]
    assert state.history[-1].train["posterior"].isfinite().all()
    plain, plain_state, data = begin(training=training)
    run(plain, plain_state, data, training=training)
    for index in (0, 2):
        ours, theirs = (s.parts["posterior"].weights[index] for s in (state, plain_state))
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)


def test_a_member_that_has_stopped_no_longer_ends_the_run():
    """Its result is final, whatever its weights do afterwards."""

    def broken(model, theta, x):
        return {k: v + torch.tensor([0.0, math.nan, 0.0]) for k, v in nll(model, theta, x).items()}

    model, state, data = begin()
    for part in state.parts.values():
        part.judge(torch.zeros(3), 0, 10)
        part.running[1] = False
    state.history.append(fit.Epoch(0, {}, {}))
    next(fit.epochs(model, state, broken, data, TRAINING, SEEDS))
    assert state.parts["posterior"].skipped.tolist() == [0, 0, 0]


def test_a_validation_loss_that_is_never_finite_is_an_error():
    def broken(model, theta, x):
        held_out = theta.shape[1] == 100
        return {k: v * math.nan if held_out else v for k, v in nll(model, theta, x).items()}

    model, state, data = begin()
    with pytest.raises(FloatingPointError, match="needs a finite validation loss"):
        for _ in fit.epochs(model, state, broken, data, TRAINING, SEEDS):
            pass


def test_a_split_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match=r"a share of 0\.001 of 100 simulations leaves 100 and 0"):
        fit.split(100, 0.001)


def test_the_validation_rows_are_never_learned_from():
    """Spoiling them before anything begins changes no gradient step and no standardization."""

    def found(spoil):
        simulator = simulators.get("two_moons")
        theta, x = simulator.draw(generator(8), 1000)
        _, held_out = fit.split(len(x), TRAINING.validation)
        if spoil:
            theta[held_out], x[held_out] = 0.5, 0.0
        model = build_joint(Design(FLOW, FLOW, TRAINING), simulator, 2, SEEDS)
        state = fit.begin(model, (theta, x), TRAINING)
        for _ in fit.epochs(model, state, nll, (theta, x), TRAINING, SEEDS):
            last = {k: v.clone() for k, v in model.state_dict().items()}
        return last

    spoiled, plain = found(spoil=True), found(spoil=False)
    assert all(torch.equal(spoiled[key], plain[key]) for key in plain)

"""Training: members as alone, resuming as uninterrupted, honest about what is not finite."""

import math
from dataclasses import replace

import pytest
import torch
from designs import TRAINING, flow_settings, pair, penalty, training

from jana import simulators
from jana.designs import Design, SummarySettings
from jana.provenance import seed_of
from jana.recipes import build_joint
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll
from jana.training.members import Part

FLOW = flow_settings()
DROPPING = flow_settings(dropout=0.2, decay=1e-3)  # as the paper's networks
SEEDS = [3, 4, 5]
N = 400  # simulations, of which 360 are learned from: 18 steps an epoch
PARTS = [("posterior",), ("likelihood",)]


def simulated(task="two_moons", n=N, seed=8):
    return tuple(simulators.get(task).draw(generator(seed), n))


def begin(schedule=TRAINING, seeds=SEEDS, task="two_moons", n=N, flow=FLOW):
    """An untrained pair of networks, its run, and its data: to learn from and to watch."""
    model = pair(task, seeds, flow, schedule)
    data = fit.split(simulated(task, n), schedule, simulated(task, 50, seed=9))
    return model, fit.begin(model, data[0], schedule), data


def epochs(model, state, loss, data, schedule, seeds, task="two_moons"):
    course = fit.Course(data, schedule, simulators.get(task).prior.sample)
    return fit.epochs(model, state, loss, course, seeds)


def run(model, state, data, seeds=SEEDS, schedule=TRAINING, stop=None, loss=nll):
    for epoch in epochs(model, state, loss, data, schedule, seeds):
        if epoch.index == stop:
            break
    return {key: value.clone() for key, value in model.state_dict().items()}


@pytest.mark.parametrize("task, n, by", [("two_moons", N, 0.1), ("gaussian_iid", 1000, 0.03)])
def test_training_lowers_both_losses(task, n, by):
    """Of exchangeable data, by subsets of their trials."""
    model, state, data = begin(task=task, n=n)
    run(model, state, data)
    for part in ("posterior", "likelihood"):
        first, last = (state.history[i].validation[part] for i in (0, -1))
        assert (last < first - by).all()


def test_as_published_training_lowers_both_losses_too():
    flow = flow_settings(kit="published", warps="AS", mixing="learned", start="none", dropout=0.01)
    schedule = training(patience=None, validation=0.0, warmup=0.0, together=True, drop_last=False)
    model, state, data = begin(schedule, flow=flow)
    run(model, state, data, schedule=schedule)
    for part in ("posterior", "likelihood"):
        first, last = (state.history[i].validation[part] for i in (0, -1))
        assert (last < first - 0.1).all()
    assert (model.posterior.whitening.offset == 0).all()  # nothing was regressed


def test_the_kept_weights_are_those_of_the_best_validation_loss():
    model, state, data = begin()
    run(model, state, data)
    with torch.no_grad():
        found = nll(model, *model.shared(*data[1]))
    for part, losses in found.items():
        best = torch.stack([epoch.validation[part] for epoch in state.history]).min(0).values
        torch.testing.assert_close(losses, best)
        torch.testing.assert_close(state.parts[(part,)].best_loss, best)


def test_without_patience_the_last_epochs_weights_are_kept_though_others_were_better():
    """The validation loss is made to rise. Without a running average: the weights themselves."""
    rising = iter(range(100))

    def loss(model, theta, x, *also):
        terms = nll(model, theta, x, *also)
        return terms if model.training else {k: v + 10 * next(rising) for k, v in terms.items()}

    schedule = training(patience=None, decay=0.0)
    model, state, data = begin(schedule)
    for _ in epochs(model, state, loss, data, schedule, SEEDS):
        last = {names: part.weights.clone() for names, part in state.parts.items()}
    for names, part in state.parts.items():
        assert torch.equal(part.weights, last[names])
        assert (part.best_epoch == schedule.epochs).all()
    assert (
        state.history[-1].validation["posterior"] > state.history[0].validation["posterior"]
    ).all()


def saved_and_restored(build, stop, path, **options):
    """A run that is stopped, saved, and resumed from the file by another model."""
    model, state, data = build()
    run(model, state, data, stop=stop, **options)
    torch.save(state.state(), path)
    model, again, data = build()
    again.restore(torch.load(path, weights_only=True))
    assert again.epoch == stop
    return run(model, again, data, **options), again


@pytest.mark.parametrize(
    "stop, flow, together",
    [(1, FLOW, False), (2, DROPPING, False), (1, DROPPING, True)],
    ids=["plain", "dropout", "dropout, together"],
)
def test_a_resumed_run_is_bit_equal_to_an_uninterrupted_one(stop, flow, together, tmp_path):
    schedule = training(together=together)

    def build():
        return begin(schedule, flow=flow)

    whole = run(*build(), schedule=schedule)
    found = saved_and_restored(build, stop, tmp_path / "state.pt", schedule=schedule)
    resumed, again = found
    assert whole.keys() == resumed.keys()
    for key in whole:
        assert torch.equal(whole[key], resumed[key]), key
    for part in again.parts.values():  # else nothing after the stop would have mattered
        assert (part.best_epoch > stop).all()


def test_a_resumed_run_on_exchangeable_data_is_bit_equal_too(tmp_path):
    def build():
        return begin(task="gaussian_iid", n=200)

    whole = run(*build())
    resumed, _ = saved_and_restored(build, 2, tmp_path / "state.pt")
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_a_resumed_state_ends_as_the_uninterrupted_one(tmp_path):
    """Not the weights alone: averages, losses, Adam's moments and step counts, the history."""
    model, whole, data = begin()
    run(model, whole, data)
    _, again = saved_and_restored(begin, 2, tmp_path / "state.pt")
    ours, theirs = again.state() | {"seconds": 0}, whole.state() | {"seconds": 0}
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_a_finished_run_that_is_resumed_only_hands_over_its_best():
    model, state, data = begin()
    whole, saved = run(model, state, data), state.state()
    model, state, data = begin()
    state.restore(saved)
    resumed = run(model, state, data)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


@pytest.mark.parametrize("flow", [FLOW, DROPPING], ids=["plain", "dropout"])
def test_members_equal_single_runs_after_100_steps(flow):
    schedule = training(epochs=6)  # 18 steps each
    together = after_all_steps(SEEDS, schedule, flow)
    for index, seed in enumerate(SEEDS):
        alone = after_all_steps([seed], schedule, flow)
        for name, both in together.items():
            for found, expected in zip(both, alone[name], strict=True):
                torch.testing.assert_close(found[index], expected[0], atol=1e-5, rtol=1e-5)


def after_all_steps(seeds, schedule, flow):
    """Weights and averages of both parts as the last step left them, before the best are kept."""
    model, state, data = begin(schedule, seeds, flow=flow)
    for epoch in epochs(model, state, nll, data, schedule, seeds):
        if epoch.index == schedule.epochs:
            found = {k: (p.weights.clone(), p.average.clone()) for k, p in state.parts.items()}
    return found


def test_seeds_give_other_weights_and_the_same_seed_the_same():
    model, state, data = begin(seeds=[3, 4, 3])
    run(model, state, data, [3, 4, 3])
    weights = state.parts[("posterior",)].weights
    torch.testing.assert_close(weights[0], weights[2], atol=1e-6, rtol=1e-6)
    assert (weights[0] - weights[1]).abs().max() > 0.1


def test_dropout_changes_training_but_not_validation():
    plain, dropping = (begin(flow=flow_settings(dropout=share)) for share in (0.0, 0.3))
    for model, state, data in (plain, dropping):
        run(model, state, data, stop=1)
    first, second = (state.history for _, state, _ in (plain, dropping))
    torch.testing.assert_close(first[0].validation, second[0].validation)  # the start, alike
    assert not torch.equal(first[1].train["posterior"], second[1].train["posterior"])
    again = dict(nll(dropping[0].eval(), *dropping[0].shared(*dropping[2][1])))
    same = dict(nll(dropping[0].eval(), *dropping[0].shared(*dropping[2][1])))
    torch.testing.assert_close(again, same, rtol=0, atol=0)


def test_a_part_that_stopped_improving_keeps_its_best_and_the_run_ends():
    schedule = training(epochs=200, rate=0.1, patience=2)
    model, state, data = begin(schedule, n=200, task="gaussian_linear")
    run(model, state, data, schedule=schedule)
    assert state.passes < 200 and not any(part.running.any() for part in state.parts.values())
    for part in state.parts.values():
        assert (state.passes >= part.best_epoch + 2).all()


# One step with the constant so large that Adam's is that of plain gradients, times a constant:
# only so does it show by how much a gradient was scaled.
LARGE = 1e4
ONE_STEP = training(
    epochs=1, batch=1000, rate=LARGE, warmup=0.0, epsilon=LARGE, clip=0.05, decay=0.0
)
ONE_STEP = replace(ONE_STEP, patience=None, validation=0.0)


def moved(together, flow):
    """By how much one step moves each network's weights, and their gradients at the start."""
    schedule = replace(ONE_STEP, together=together)
    model, state, data = begin(schedule, [3], flow=flow)
    parts = {name: list(part.parameters()) for name, part in model.parts().items()}
    losses = nll(model.train(), *model.shared(*data[0]))
    gradients = {}
    for name, weights in parts.items():
        total = losses[name].sum() + penalty(getattr(model, name)).sum()
        found = torch.autograd.grad(total, weights, materialize_grads=True)
        gradients[name] = torch.cat([part.flatten() for part in found])
    before = {name: flat(weights) for name, weights in parts.items()}
    run(model, state, data, [3], schedule)
    return {name: before[name] - flat(weights) for name, weights in parts.items()}, gradients


def flat(weights):
    return torch.cat([weight.detach().flatten() for weight in weights]).clone()


@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_both_networks_are_clipped_by_one_norm_if_together_and_by_their_own_if_apart(together):
    """Keras' formula at the first step: lr sqrt(1 - b2) g / (sqrt((1 - b2) g^2) + epsilon)."""
    steps, gradients = moved(together, flow_settings(decay=0.01))
    norms = {name: float(gradient.norm()) for name, gradient in gradients.items()}
    if together:
        norms = dict.fromkeys(norms, math.hypot(*norms.values()))
    assert abs(norms["posterior"] - norms["likelihood"]) > 0.01 or together
    for name, gradient in gradients.items():
        clipped = gradient * ONE_STEP.clip / norms[name]
        assert norms[name] > ONE_STEP.clip
        expected = LARGE * math.sqrt(1e-3) * clipped / (math.sqrt(1e-3) * clipped.abs() + LARGE)
        torch.testing.assert_close(steps[name], expected, atol=2e-6, rtol=1e-3)


def test_weight_decay_moves_the_weights_but_is_no_part_of_the_reported_loss():
    schedule = replace(ONE_STEP, rate=1e-3, epsilon=1e-8, batch=50)
    runs = [begin(schedule, flow=flow_settings(decay=decay)) for decay in (0.0, 10.0)]
    states = [state for model, state, data in runs if run(model, state, data, schedule=schedule)]
    first, second = (state.history[0].validation for state in states)
    torch.testing.assert_close(first, second)
    weights = [state.parts[("posterior",)].weights.norm() for state in states]
    assert weights[1] < weights[0]
    assert (states[1].history[1].train["posterior"] < 10).all()  # the penalty alone is larger
    assert (penalty(runs[1][0].posterior) > 100).all()


def batches(schedule, n=N):
    """What the loss is given in each step of an epoch."""
    seen = []

    def watched(model, theta, x, *also):
        if model.training:
            seen.append(theta.clone())
        return nll(model, theta, x, *also)

    model, state, data = begin(schedule, n=n)
    run(model, state, data, schedule=schedule, loss=watched)
    return seen, data


def test_without_dropping_every_row_is_seen_in_each_epoch_and_the_last_batch_is_smaller():
    schedule = training(drop_last=False, batch=64, epochs=2)
    seen, (learn, _) = batches(schedule)
    assert [rows.shape[1] for rows in seen[:6]] == [64] * 5 + [360 - 5 * 64]
    for epoch in (seen[:6], seen[6:]):
        for member in torch.cat(epoch, dim=1):
            assert torch.equal(*(rows[rows[:, 0].argsort()] for rows in (member, learn[0])))
    assert not torch.equal(seen[0], seen[6])


def test_what_does_not_fill_a_batch_is_dropped_if_asked():
    seen, _ = batches(training(batch=64, epochs=1))
    assert [rows.shape[1] for rows in seen] == [64] * 5


def test_members_see_the_rows_in_orders_of_their_own():
    seen, _ = batches(training(epochs=1))
    assert not torch.equal(seen[0][0], seen[0][1])


def test_fewer_rows_than_a_batch_are_one_batch():
    seen, _ = batches(training(epochs=1, batch=5000), n=100)
    assert [rows.shape[1] for rows in seen] == [90]


def rates(schedule, monkeypatch):
    """The learning rate of each step."""
    seen, step = [], Part.step

    def watched(self, loss, pace, clip):
        seen.append(pace.rate)
        return step(self, loss, pace, clip)

    monkeypatch.setattr(Part, "step", watched)
    model, state, data = begin(schedule, n=200)
    run(model, state, data, schedule=schedule)
    return seen[:: len(state.parts)]


def test_without_warm_up_the_first_step_has_the_full_rate_and_the_last_hardly_any(monkeypatch):
    found = rates(training(warmup=0.0, rate=0.01, drop_last=False, batch=13), monkeypatch)
    assert len(found) == 4 * math.ceil(180 / 13)
    assert found[0] == 0.01 and 0 < found[-1] < 1e-4
    assert found == sorted(found, reverse=True)


def member_1_of(terms, value):
    mask = torch.tensor([0.0, value, 0.0])
    return {name: term + mask for name, term in terms.items()}


def test_a_member_that_is_not_finite_is_skipped_counted_and_reported():
    """Member 1's loss is made NaN: it stands still, the others go on, and then it is named."""

    def broken(model, theta, x, *also):
        terms = nll(model, theta, x, *also)
        mask = torch.tensor([0.0, math.nan, 0.0])
        return {**terms, "posterior": terms["posterior"] + mask * terms["posterior"]}

    model, state, data = begin()
    posterior, likelihood = (state.parts[names] for names in PARTS)
    before = posterior.weights.clone()
    with pytest.raises(
        FloatingPointError,
        match=r"posterior network of member 1 .* 18 of the 18 .* first at step 1:",
    ):
        next(epochs(model, state, broken, data, TRAINING, SEEDS))
    after = posterior.weights
    assert torch.equal(before[1], after[1])
    assert not torch.equal(before[0], after[0]) and not torch.equal(before[2], after[2])
    assert posterior.skipped.tolist() == [0, 18, 0]
    assert likelihood.skipped.tolist() == [0, 0, 0]


def test_a_single_skipped_step_is_borne_and_leaves_no_trace_in_the_others():
    """One step in 112 is not finite for member 1: fewer than 1 % of the steps."""
    calls = iter(range(10_000))

    def once(model, theta, x, *also):
        terms = nll(model, theta, x, *also)
        return member_1_of(terms, math.inf if model.training and next(calls) == 5 else 0.0)

    schedule = training(epochs=1, batch=4)
    model, state, data = begin(schedule, n=500)
    run(model, state, data, schedule=schedule, loss=once)
    part = state.parts[("posterior",)]
    assert part.skipped.tolist() == [0, 1, 0]
    assert part.taken.tolist() == [112, 111, 112]
    assert state.history[-1].train["posterior"].isfinite().all()
    plain, plain_state, data = begin(schedule, n=500)
    run(plain, plain_state, data, schedule=schedule)
    for index in (0, 2):
        ours, theirs = (s.parts[("posterior",)].weights[index] for s in (state, plain_state))
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)


def test_a_member_that_has_stopped_no_longer_ends_the_run():
    """Its result is final, whatever its weights do afterwards."""

    def broken(model, theta, x, *also):
        return member_1_of(nll(model, theta, x, *also), math.nan)

    model, state, data = begin()
    for part in state.parts.values():
        part.judge(torch.zeros(3), 0, 10)
        part.running[1] = False
    state.history.append(fit.Epoch(0, {}, {}))
    next(epochs(model, state, broken, data, TRAINING, SEEDS))
    assert state.parts[("posterior",)].skipped.tolist() == [0, 0, 0]


@pytest.mark.parametrize("schedule", [TRAINING, training(together=True, patience=None)])
def test_a_validation_loss_that_is_never_finite_is_an_error(schedule):
    def broken(model, theta, x, *also):
        terms = nll(model, theta, x, *also)
        return terms if model.training else {k: v * math.nan for k, v in terms.items()}

    model, state, data = begin(schedule)
    with pytest.raises(FloatingPointError, match="needs a finite validation loss"):
        run(model, state, data, schedule=schedule, loss=broken)


def test_the_validation_share_is_the_last_of_the_budget():
    pairs, others = simulated(), simulated(n=50, seed=9)
    learn, watch = fit.split(pairs, TRAINING, others)
    for found, held_out, whole in zip(learn, watch, pairs, strict=True):
        assert torch.equal(found, whole[:360]) and torch.equal(held_out, whole[360:])


def test_without_a_validation_share_all_is_learned_from_and_the_others_are_watched():
    pairs, others = simulated(), simulated(n=50, seed=9)
    learn, watch = fit.split(pairs, training(validation=0.0), others)
    assert all(map(torch.equal, learn, pairs)) and all(map(torch.equal, watch, others))


def test_a_split_that_leaves_nothing_is_refused():
    pairs = simulated(n=100)
    with pytest.raises(ValueError, match=r"a share of 0\.001 of 100 simulations leaves 100 and 0"):
        fit.split(pairs, training(validation=0.001), pairs)


@pytest.mark.parametrize("schedule", [TRAINING, training(validation=0.0, patience=None)])
def test_the_validation_rows_are_never_learned_from(schedule):
    """Spoiling them before anything begins changes no gradient step and no standardization."""

    def found(spoil):
        model = pair("two_moons", SEEDS, FLOW, schedule)
        learn, watch = fit.split(simulated(), schedule, simulated(n=50, seed=9))
        if spoil:
            watch = tuple(0 * part + 0.5 for part in watch)
        state = fit.begin(model, learn, schedule)
        for _ in epochs(model, state, nll, (learn, watch), schedule, SEEDS):
            last = {k: v.clone() for k, v in model.state_dict().items()}
        return last

    spoiled, plain = found(spoil=True), found(spoil=False)
    assert all(torch.equal(spoiled[key], plain[key]) for key in plain)


@pytest.mark.parametrize("together", [True, False])
def test_the_history_has_a_row_per_epoch_and_a_column_per_network(together):
    schedule = training(epochs=2, together=together)
    model, state, data = begin(schedule)
    run(model, state, data, schedule=schedule)
    found = state.arrays()
    axes, validation = found["validation"]
    assert axes == ("epoch", "part", "member") and validation.shape == (3, 2, 3)
    assert validation.isfinite().all() and found["train"][1][0].isnan().all()
    torch.testing.assert_close(validation[2, 1], state.history[2].validation["likelihood"])
    assert found["best_epoch"][1].shape == found["skipped"][1].shape == (2, 3)


def test_a_gradient_per_trial_is_a_share_of_that_of_all_trials_and_losses_are_stated_alike(
    monkeypatch,
):
    """Of 20 trials: a twentieth, of the likelihood's alone."""
    seen = {}

    def record(part, loss, *_):
        seen.setdefault(flag, []).append(part.gradient.clone())
        part.gradient.zero_()
        return torch.zeros(len(loss), dtype=torch.bool)

    monkeypatch.setattr(Part, "step", record)
    histories = {}
    for flag in (False, True):
        schedule = training(per_trial=flag, epochs=1)
        model, state, data = begin(schedule, [3], task="gaussian_iid")
        run(model, state, data, [3], schedule)
        histories[flag] = state.history[1].train
    (posterior, likelihood), (same, less) = (seen[flag][:2] for flag in (False, True))
    torch.testing.assert_close(same, posterior)
    torch.testing.assert_close(20 * less, likelihood, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(histories[False], histories[True])


@pytest.mark.parametrize("task, by", [("slcp_distractors", 0.01), ("bernoulli_glm_raw", 0.1)])
def test_the_papers_summaries_are_learned_with_their_flow(task, by):
    """Their weights move, with dropout of their own where there is some."""
    flow = flow_settings(kit="published", warps="A", start="none", bounded=False, scale=1.0)
    flow = replace(flow, context_scale=1.0, soft=task == "bernoulli_glm_raw")
    schedule = training(validation=0.0, patience=None, together=True, epochs=2)
    settings = SummarySettings((12, 12), 5, kit="published", dropout=0.2, scale=50.0)
    design, simulator = Design(flow, flow, schedule, settings), simulators.get(task)
    pairs, others = simulated(task, 200), simulated(task, 20, seed=9)
    model = build_joint(design, simulator, tuple(pairs[1].shape[1:]), [3, 4])
    state = fit.begin(model, pairs, schedule)
    before = flat(model.summary.parameters())
    course = fit.Course((pairs, others), schedule, simulator.prior.sample)
    found = list(fit.epochs(model, state, nll, course, [3, 4]))
    assert not torch.equal(before, flat(model.summary.parameters()))
    assert (found[1].train["likelihood"] < found[0].train["likelihood"] - by).all()


def online(cut=None, epochs=4, **changes):
    """A run with new simulations in every epoch; how many were drawn each time."""
    schedule = training(online=True, epochs=epochs, cut=cut, **changes)
    simulator, drawn = simulators.get("two_moons"), []

    def fresh(rng, n):
        drawn.append(simulator.draw(rng, n))
        return drawn[-1]

    model, state, data = begin(schedule, n=200)
    course = fit.Course(data, schedule, simulator.prior.sample, fresh=fresh)
    for _ in fit.epochs(model, state, nll, course, SEEDS):
        pass
    return state, drawn, data, model


def test_online_training_learns_from_new_simulations_in_every_epoch():
    state, drawn, data, _ = online()
    assert state.passes == len(drawn) == 4
    assert all(len(pairs.x) == len(data[0][0]) == 180 for pairs in drawn)
    assert not torch.isin(drawn[0].x, drawn[1].x).any()
    assert not torch.isin(drawn[0].x, data[0][1]).any()


def test_online_training_that_goes_on_sees_what_it_would_have_seen(tmp_path):
    """A run of two epochs that is restored draws the third and fourth as the whole run does."""
    whole, drawn, _, _ = online()
    schedule = training(online=True, epochs=4)
    simulator = simulators.get("two_moons")
    model, state, data = begin(schedule, n=200)
    course = fit.Course(data, schedule, simulator.prior.sample, fresh=simulator.draw)
    for _ in fit.epochs(model, state, nll, course, SEEDS):
        if state.passes == 2:
            break
    torch.save(state.state(), tmp_path / "state.pt")
    model, again, data = begin(schedule, n=200)
    again.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    for _ in fit.epochs(model, again, nll, course._replace(data=data), SEEDS):
        pass
    for names, part in whole.parts.items():
        assert torch.equal(part.weights, again.parts[names].weights)
    assert len(drawn) == 4


def test_a_schedule_that_is_cut_ends_early_with_the_rates_of_the_whole():
    cut, *_ = online(cut=2)
    whole, *_ = online()
    assert cut.passes == 2
    for mine, other in zip(cut.history, whole.history[:3], strict=True):
        for name, loss in mine.validation.items():
            assert torch.equal(loss, other.validation[name])


def test_online_training_needs_a_simulator():
    schedule = training(online=True)
    model, state, data = begin(schedule)
    with pytest.raises(ValueError, match="pass `fresh`"):
        next(epochs(model, state, nll, data, schedule, SEEDS))


def test_the_summarys_penalty_counts_in_the_posteriors_loss():
    """Of a series' learned features, so many times their distance from normal ones."""
    from designs import entries

    from jana import settings
    from jana.training.losses import normal_mmd2

    small = {"state": 4, "nets": {"S": {"hidden": [4]}}}
    simulator, found = simulators.get("epidemic_corrected"), []
    theta, x = simulator.draw(generator(1), 20)
    for weight in (0.0, 2.0):
        changes = {"likelihood": small, "summary": {"penalty": weight}}
        entry = settings.design(entries(), "tuned", "epidemic_corrected", changes)
        model = build_joint(Design.from_config(entry), simulator, (81, 3), (1,)).eval()
        terms = nll(model, theta[None], x[None])
        found.append(float(terms["posterior"].detach()))
        features = model.context(x[None])[..., model.summary.learned]
    assert found[1] - found[0] == pytest.approx(2 * float(normal_mmd2(features).detach()), rel=1e-3)


@pytest.mark.parametrize("beside", [False, True])
def test_simulations_come_in_the_order_of_epochs_also_from_beside(beside):
    """From the third epoch on, as a run that goes on does; none is drawn that is not needed."""
    schedule, drawn = training(online=True, epochs=5), []
    simulator = simulators.get("two_moons")

    def fresh(rng, n):
        drawn.append(n)
        return simulator.draw(rng, n)

    pairs = simulated("two_moons", 30)
    course = fit.Course((pairs, pairs), schedule, simulator.prior.sample, fresh=fresh)
    learns = fit._learned(course, SEEDS, 2, beside)
    found = [next(learns) for _ in range(3)]
    learns.close()
    assert drawn == [30, 30, 30]
    for epoch, (_, x) in enumerate(found, 2):
        rng = generator(seed_of(SEEDS[0], "online", epoch))
        assert torch.equal(x, simulator.draw(rng, 30).x)


def test_the_likelihood_network_may_have_a_learning_rate_of_its_own(monkeypatch):
    """Of each step, the same share of its highest as of the other's; together they have one."""
    seen, step = {}, Part.step

    def watched(self, loss, pace, clip):
        seen.setdefault(id(self), []).append(pace.rate)
        return step(self, loss, pace, clip)

    monkeypatch.setattr(Part, "step", watched)
    schedule = training(rate=0.001, likelihood_rate=0.004, epochs=2)
    model, state, data = begin(schedule)
    run(model, state, data, schedule=schedule)
    posterior, likelihood = (seen[id(state.parts[names])] for names in PARTS)
    assert max(posterior) == pytest.approx(0.001, rel=0.1)
    assert likelihood == pytest.approx([4 * rate for rate in posterior])
    assert replace(schedule, together=True).highest(("posterior", "likelihood")) == 0.001

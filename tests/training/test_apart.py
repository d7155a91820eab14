"""Networks that learn apart: the published design of response times, and the law of it in small."""

from dataclasses import replace

import pytest
import torch
from designs import design, entries, flow_settings, published, training

from jana import recipes, settings, simulators
from jana.designs import Apart, SummarySettings
from jana.flows.dummied import Dummied
from jana.flows.flow import Flow
from jana.inference import draws, pairings, response_times, surrogate
from jana.networks.published import PaperDeepSet
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

PAPER = published("drift_diffusion")
TASK, WIDE = (simulators.get(name) for name in ("drift_diffusion", "drift_diffusion_wide"))
CPU, SEEDS = torch.device("cpu"), [3, 4]
LAST = {"decay": 0.0, "patience": None, "validation": 0.0}  # the weights of the last epoch
SCHEDULES = (
    training(epochs=3, **LAST),
    training(epochs=2, batch=10, per_trial=True, likelihood_trials=9, **LAST),
)
SMALL = replace(
    design(flow_settings(kit="published", warps="AA", start="none", bounded=False)),
    summary=SummarySettings((8, 8), 3, kit="published", count=True),
    training=SCHEDULES[0],
    apart=Apart("drift_diffusion_wide", SCHEDULES[1]),
)
SMALL = replace(SMALL, likelihood=replace(SMALL.likelihood, dummy=True))


def whole():
    """Of both design and data: what the paper stated."""
    return recipes.build_joint(PAPER, TASK, (120, 1), [1])


def test_the_paper_had_these_networks_for_response_times():
    model = whole()
    kinds = [type(part) for part in (model.posterior, model.likelihood, model.summary)]
    assert kinds == [Flow, Dummied, PaperDeepSet]
    found = [
        sum(weight.numel() for weight in part.parameters())
        for part in (model.posterior, model.summary, model.likelihood)
    ]
    assert found == [371_280, 67_338, 61_536]
    posterior, likelihood = PAPER.posterior, PAPER.likelihood
    assert (posterior.warps, posterior.activation) == ("AAAAA", "relu")
    net = posterior.nets["A"]
    assert (net.hidden, net.dropout, net.decay) == ((128, 128), 0.01, 5e-4)
    assert (likelihood.warps, likelihood.activation) == ("A" * 12, "tanh")
    net = likelihood.nets["A"]
    assert (net.hidden, net.dropout, net.decay) == ((32, 32), 0.0, 0.0)
    for flow in (posterior, likelihood):
        assert (flow.kit, flow.mixing, flow.latent_df) == ("published", "permutation", 50)
        assert (flow.scale, flow.context_scale, flow.start) == (1.0, 1.0, "none")
        assert not flow.bounded


def test_the_paper_trained_the_networks_of_response_times_in_these_ways():
    posterior, likelihood = PAPER.training, PAPER.apart.training
    assert (posterior.rate, posterior.batch, posterior.epochs) == (2e-3, 64, 100)
    assert (likelihood.rate, likelihood.batch, likelihood.epochs) == (1e-3, 64, 20)
    assert PAPER.apart.task == "drift_diffusion_wide"
    assert likelihood.likelihood_trials == 500 and likelihood.per_trial
    for one in (posterior, likelihood):
        assert one.patience is None and one.validation == 0.0 and one.surrogate == 0.0
        assert (one.clip, one.epsilon, one.warmup, one.decay) == (1.0, 1e-7, 0.0, 0.0)
        assert not one.together and not one.drop_last
    assert PAPER.epochs() == {"posterior": 100, "likelihood": 20}


def test_each_step_of_the_posterior_network_sees_the_first_80_to_120_trials():
    """All of the 41 numbers come up in 1,000 steps, but for a chance of 1e-9."""
    model, x, rng = whole(), torch.zeros(1, 1, 120, 1), generator(1)
    found = [fit._trials(model, rng, x, PAPER.training).posterior for _ in range(1000)]
    assert {len(trials) for trials in found} == set(range(80, 121))
    assert all(torch.equal(trials, torch.arange(len(trials))) for trials in found)


def test_each_step_of_the_likelihood_network_sees_all_500_trials():
    trials = fit._trials(whole(), generator(1), torch.zeros(1, 1, 500, 1), PAPER.apart.training)
    assert sorted(trials.likelihood.tolist()) == list(range(500))


def test_the_log_of_the_number_of_trials_stands_behind_the_papers_features():
    model = whole()
    for trials in (80, 120):
        found = model.context(torch.randn(1, 3, trials, 1, generator=generator(1)))
        assert found.shape == (1, 3, 11)
        torch.testing.assert_close(found[..., -1].exp(), torch.full((1, 3), float(trials)))


def data(seed, simulator=TASK, n=40, trials=20):
    """Pairs to learn from and to watch, of a few trials."""
    pairs = (simulator.draw(generator(seed + at), n) for at in (0, 1000))
    return tuple((theta, x[:, :trials]) for theta, x in pairs)


def begin(near=1, far=2, seeds=SEEDS):
    given = data(near), data(far, WIDE, n=30, trials=9)
    model = recipes.untrained(SMALL, TASK, given[0][0], seeds)
    each = SMALL.training, SMALL.apart.training
    courses = [
        fit.course(how, CPU, *sets, TASK.prior.sample)
        for how, sets in zip(each, given, strict=True)
    ]
    return model, fit.begin(model, courses[0].data[0], *each[:1], courses[1]), courses


def run(model, state, courses, passes=None):
    course, apart = courses
    for _ in fit.epochs(model, state, nll, course, SEEDS, apart):
        if state.passes == passes:
            break
    return {key: value.clone() for key, value in model.state_dict().items()}


def test_each_network_has_its_own_schedule():
    model, state, courses = begin()
    run(model, state, courses)
    seen = [(epoch.index, *epoch.validation) for epoch in state.history]
    assert seen == [(i, "likelihood") for i in range(3)] + [(i, "posterior") for i in range(4)]


@pytest.mark.parametrize(
    "changed, moved", [({"near": 7}, "posterior"), ({"far": 7}, "likelihood")], ids=str
)
def test_neither_network_sees_the_others_data(changed, moved):
    one, other = run(*begin()), run(*begin(**changed))
    same = [key for key in one if torch.equal(one[key], other[key])]
    for key in one:
        if key.endswith(("weight", "first")):  # what is learned, and never a zero
            kind = "likelihood" if key.startswith("likelihood") else "posterior"
            assert (key in same) == (kind != moved), key


@pytest.mark.parametrize("passes", [1, 2, 4])
def test_a_run_resumed_in_either_course_is_bit_equal(passes, tmp_path):
    expected = run(*begin())
    model, state, courses = begin()
    run(model, state, courses, passes)
    torch.save(state.state(), tmp_path / "last.pt")
    model, again, courses = begin()
    again.restore(torch.load(tmp_path / "last.pt", weights_only=True))
    found = run(model, again, courses)
    assert all(torch.equal(expected[key], found[key]) for key in expected)


def test_a_simulator_of_other_parameters_is_refused():
    other = replace(SMALL, apart=replace(SMALL.apart, task="drift_diffusion_unbiased"))
    with pytest.raises(ValueError, match=r"the same theta_names, .* drift_diffusion_unbiased is"):
        recipes.untrained(other, TASK, data(1)[0], SEEDS)


def test_settings_apart_are_those_of_the_design_but_for_what_differs():
    found = settings.design(entries(), "paper", "drift_diffusion")
    own, alone = found["training"], found["apart"]["training"]
    differs = {key for key in alone if own.get(key) != alone[key]}
    assert differs == {"rate", "epochs", "likelihood_trials", "per_trial"}


def test_networks_that_know_no_bounds_go_through_the_experiment():
    """Draws outside the prior, and where there is no diffusion at all, are zeros, not errors."""
    model = run_and_restored()
    theta, x = model.shared(*(part[:3] for part in data(5)[0]))
    rngs = recipes.generators(SEEDS, "a")
    found = draws.posterior_draws(model, rngs, x, 40)
    assert TASK.prior.log_prob(found.draws).isneginf().any()
    made = pairings.compared(model, rngs, TASK, found, x, 30, {})
    for pairing in made.values():
        assert not any(part.isnan().any() for each in pairing for part in each)
    fake, joint = draws.joint_draws(model, rngs, theta, x, 20)
    assert fake.shape == x.shape and fake.isfinite().all() and joint.draws.isfinite().all()
    assert (fake.abs().amin((2, 3)) < theta[..., TASK.x_shift]).any()  # nothing keeps them above
    assert surrogate.log_likelihood(model, theta, fake).isfinite().all()
    grid, ours, exact = response_times.densities(model, TASK, theta[0])
    below = grid < theta[0, :, [TASK.x_shift]]
    assert below.any() and (exact.movedim(1, 2)[below] == 0).all()
    assert (ours.movedim(2, 3)[:, below] > 0).any()  # counted in the distance


def run_and_restored():
    model, state, courses = begin()
    run(model, state, courses)
    return model.eval().requires_grad_(False)

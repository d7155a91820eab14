"""Drift diffusion from start to end: the networks that know of the shift, and what they learn."""

from dataclasses import replace

import pytest
import torch
from designs import design, entries, flow_settings

from jana import recipes, simulators
from jana.designs import Design, SummarySettings
from jana.flows.capped import Capped
from jana.flows.flow import Flow
from jana.flows.response import Response
from jana.inference import draws, surrogate
from jana.networks.responses import Responses
from jana.recipes import build_joint, generators
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

TUNED = Design.from_config(entries()["tuned"])
TASK, SEEDS = simulators.get("drift_diffusion"), [1, 2]


@pytest.mark.parametrize("task, size", [("drift_diffusion", 4), ("drift_diffusion_unbiased", 3)])
def test_the_tuned_design_knows_of_the_shift_in_all_three_networks(task, size):
    model = build_joint(TUNED, simulators.get(task), (120, 1), SEEDS)
    kinds = [type(part) for part in (model.posterior, model.likelihood, model.summary)]
    assert kinds == [Capped, Response, Responses]
    assert (model.posterior.dim, model.posterior.place, model.likelihood.shift) == (size, 2, 2)
    assert (model.summary.low, model.summary.high) == pytest.approx((0.2, 1.0))
    assert len(model.likelihood.warps) == 2  # of its letters GSS, the Gaussian is the affine map


@pytest.mark.parametrize(
    "changes",
    [
        {"posterior": flow_settings(bounded=False)},
        {"likelihood": flow_settings(bounded=False)},
        {"flat": True, "summary": None},
        {
            "posterior": flow_settings(start="none"),
            "summary": SummarySettings((8, 8), 3, kit="published"),
        },
    ],
    ids=["posterior", "likelihood", "one vector", "the paper's summary"],
)
def test_where_one_network_may_not_know_of_the_shift_none_does(changes):
    model = build_joint(replace(design(), **changes), TASK, (120, 1), SEEDS)
    assert type(model.posterior) is type(model.likelihood) is Flow
    assert not isinstance(model.summary, Responses)
    theta, x = TASK.draw(generator(1), 100)
    model.set_from(theta, x)
    given = model.shared(theta, x)
    for density in (model.log_posterior(*given), model.log_likelihood(*given)):
        assert density.isfinite().all()


@pytest.fixture(scope="module")
def trained():
    """For 4 epochs each, by 2,000 simulations; and held-out pairs."""
    torch.set_num_threads(1)
    schedule = replace(TUNED.training, epochs=4)
    model = build_joint(TUNED, TASK, (120, 1), SEEDS[:1])
    pairs = tuple(TASK.draw(generator(3), 2000))
    data = fit.split(pairs, schedule, pairs)
    state = fit.begin(model, data[0], schedule)
    course = fit.Course(data, schedule, TASK.prior.sample)
    for _ in fit.epochs(model, state, nll, course, SEEDS[:1]):
        pass
    return model.requires_grad_(False), *model.shared(*TASK.draw(generator(4), 200))


def test_the_likelihood_network_comes_near_the_true_likelihood(trained):
    """A KL divergence of less than 0.04 nats per trial; its standard error is 0.002."""
    model, theta, x = trained
    exact = TASK.log_likelihood(theta, x)
    gap = (exact - model.log_likelihood(theta, x)) / x.shape[2]
    assert gap.isfinite().all() and -0.005 < float(gap.mean()) < 0.04


def test_the_posterior_network_learns_from_the_data(trained):
    """Of 4 parameters it tells 5 nats or more beyond the prior."""
    model, theta, x = trained
    gain = model.log_posterior(theta, x) - TASK.prior.log_prob(theta)
    assert gain.isfinite().all() and float(gain.mean()) > 5


def test_no_posterior_draw_has_a_shift_that_the_shortest_time_rules_out(trained):
    """So all of them have a likelihood, by the network and in truth, and refined draws too."""
    model, x = trained[0], trained[2][:, :60]
    found = draws.posterior_draws(model, generators(SEEDS[:1], "a"), x, 500)
    shift, least = found.draws[..., TASK.x_shift], x.abs().amin((2, 3))
    assert (shift < least[..., None]).all() and (shift >= TASK.prior.low[TASK.x_shift]).all()
    assert float((least - shift.amax(-1)).mean()) < 0.02  # it reaches there
    assert found.log_prob.isfinite().all() and TASK.prior.log_prob(found.draws).isfinite().all()
    few = found.draws[:, :, :20]
    assert TASK.log_likelihood(few, x[:, :, None]).isfinite().all()
    assert surrogate.log_likelihood_of_draws(model, few, x).isfinite().all()


def test_surrogate_times_lie_above_the_shift_that_they_were_made_with(trained):
    model, theta, x = trained
    fake = surrogate.simulate(model, generators(SEEDS[:1], "b"), theta, x, 5)
    assert fake.shape == (1, 200, 5, 120, 1)
    assert (fake.abs().amin((2, 3, 4)) > theta[..., TASK.x_shift]).all()
    share, real = ((part > 0).float().mean((0, -1)).flatten(1).mean(1) for part in (fake, x))
    assert float(torch.corrcoef(torch.stack([share, real]))[0, 1]) > 0.9


def test_it_comes_back_from_its_state(trained):
    model, theta, x = trained
    again = recipes.restored(entries()["tuned"], TASK, (120, 1), model.state_dict(), "cpu")
    for one, other in (
        (model.log_posterior, again.log_posterior),
        (model.log_likelihood, again.log_likelihood),
    ):
        assert torch.equal(one(theta, x), other(theta, x))

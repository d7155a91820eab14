"""The likelihood network in PyMC: value, gradient, the ready-made model, and what it refuses."""

import math

import numpy as np
import pytest
import torch
from designs import design, entries

from jana import simulators
from jana.designs import Design
from jana.inference import chains, charts
from jana.recipes import build_joint
from jana.rng import generator

pytest.importorskip("pymc")
import pymc as pm
import pytensor
import pytensor.tensor as pt

from jana.interfaces import pymc as interface

TASK = simulators.get("drift_diffusion")


@pytest.fixture(scope="module")
def network():
    """Regressions alone, of two members whose last layers bend them."""
    model = build_joint(Design.from_config(entries()["tuned"]), TASK, (120, 1), [1, 2])
    model.set_from(*TASK.draw(generator(3), 1000))
    model.eval().requires_grad_(False)
    last = model.likelihood.network.last.weight
    last.copy_(0.02 * torch.randn(last.shape, generator=generator(2)))
    return model


@pytest.fixture(scope="module")
def one():
    drawn = TASK.draw(generator(4), 1)
    return drawn.theta[0].double().numpy(), drawn.x[0, :40]


def own(x):
    """As times and choices."""
    return x[:, 0].abs(), (x[:, 0] > 0).long()


def test_value_and_gradient_are_the_networks(network, one):
    theta, x = one
    place = pt.dvector()
    value, _ = interface.LogLikelihood(network, x, member=1)(place)
    found = pytensor.function([place], [value, pytensor.grad(value, place)])(theta)
    at = torch.from_numpy(theta)[None].requires_grad_()
    wanted = chains.log_likelihood(network.member(1), at, x[None])
    (slope,) = torch.autograd.grad(wanted.sum(), at)
    assert found[0] == pytest.approx(wanted.item(), rel=1e-5)
    np.testing.assert_allclose(found[1], slope[0].numpy(), rtol=1e-3, atol=1e-3)


def test_both_are_asked_for_once(network, one):
    theta, x = one
    place, calls = pt.dvector(), []
    op = interface.LogLikelihood(network, x)
    inner, op.at = op.at, lambda theta: calls.append(1) or inner(theta)
    value, _ = op(place)
    pytensor.function([place], [value, pytensor.grad(value, place)])(theta)
    assert len(calls) == 1


def test_other_networks_have_a_gradient_too():
    """A likelihood that is no network of response times."""
    model = build_joint(design(), simulators.get("gaussian_linear"), (10,), [1])
    model.set_from(*simulators.get("gaussian_linear").draw(generator(0), 20_000))
    x, place = torch.zeros(10), pt.dvector()
    value, _ = interface.LogLikelihood(model.eval().requires_grad_(False), x)(place)
    slope = pytensor.function([place], pytensor.grad(value, place))(np.full(10, 0.1))
    np.testing.assert_allclose(slope, -0.1 / 0.1**2, rtol=0.15)


def test_a_second_derivative_there_is_none_of(network, one):
    place = pt.dvector()
    _, slope = interface.LogLikelihood(network, one[1])(place)
    with pytest.raises(NotImplementedError, match="no second derivatives"):
        pytensor.grad(slope.sum(), place)


def test_the_models_density_is_prior_times_network_where_it_is_sampled(network, one):
    theta, x = one
    found = interface.response_times(network, generator(1), TASK, own(x))
    low, high = (edge[0].numpy() for edge in chains.boxes(TASK, x[None]))
    start = found.starts[0]["theta"]
    assert len(found.starts) == 4 and ((start > low) & (start < high)).all()
    (variable,) = found.model.value_vars
    density = found.model.compile_logp()
    free = found.model.rvs_to_transforms[found.model.free_RVs[0]].forward
    places = [theta, start]
    ours = [float(density({variable.name: free(pt.constant(at)).eval()})) for at in places]
    chart = free.__self__.chart
    wanted = []
    for at in places:
        row = torch.from_numpy(np.asarray(at))[None]
        _, log_det = charts.inside(charts.outside(row, chart), chart)
        like = chains.log_likelihood(network.member(0), row, x[None])
        wanted.append(float(TASK.prior.log_prob(row) + like + log_det))
    # Cutting off the prior below the shortest time is a constant.
    assert ours[0] - ours[1] == pytest.approx(wanted[0] - wanted[1], rel=1e-4, abs=1e-3)


def test_the_ready_made_model_runs(network, one):
    found = interface.response_times(network, generator(1), TASK, own(one[1]))
    with found.model:
        run = pm.sample(
            draws=10, tune=10, chains=2, cores=1, step=found.step, initvals=found.starts[:2],
            random_seed=1, progressbar=False, compute_convergence_checks=False,
        )  # fmt: skip
    draws = run.posterior["theta"]
    assert draws.shape == (2, 10, 4) and list(draws.parameter) == ["v", "a", "t0", "w"]
    assert float(draws.sel(parameter="t0").max()) < float(one[1].abs().min())


REFUSED = {
    "a time of 0": (lambda t, c: (t * 0, c), "finite and above 0.2"),
    "a negative time": (lambda t, c: (-t, c), "finite and above 0.2"),
    "below every non-decision time": (
        lambda t, c: (t.index_fill(0, torch.tensor([3]), 0.19), c),
        "1 of 40 are not, such as 0.189.* in trial 3",
    ),
    "milliseconds below": (lambda t, c: (t / 1000, c), "mend their unit"),
    "NaN": (lambda t, c: (t.index_fill(0, torch.tensor([3]), math.nan), c), "such as nan"),
    "choices of 1 and 2": (lambda t, c: (t, c + 1), "0 .lower boundary. or 1 .upper., but trial"),
    "choices of -1 and 1": (lambda t, c: (t, 2 * c - 1), "recode them"),
    "no trial": (lambda t, c: (t[:0], c[:0]), "a trial or more, not 0 times"),
    "a choice too few": (lambda t, c: (t, c[1:]), "one response for each time"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_data_that_cannot_be_are_refused(network, one, case):
    spoil, reason = REFUSED[case]
    with pytest.raises(ValueError, match=reason):
        interface.response_times(network, generator(1), TASK, spoil(*own(one[1])))


def test_a_simulator_of_other_parameters_is_refused(network, one):
    with pytest.raises(ValueError, match=r"write a pm\.Model with LogLikelihood"):
        other = simulators.get("gaussian_linear")
        interface.response_times(network, generator(1), other, own(one[1]))

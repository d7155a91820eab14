"""Whole sets of response times in one pass, and one place at a time, against trial by trial."""

import math

import pytest
import torch
from designs import entries

from jana import simulators
from jana.designs import Design
from jana.flows import sets
from jana.flows.single import Single
from jana.flows.spline import Spline
from jana.recipes import build_joint
from jana.rng import generator

TASK = simulators.get("drift_diffusion")


@pytest.fixture(scope="module")
def given():
    """A network that bends everything, parameters and data sets, some of them far out."""
    design = Design.from_config(entries()["tuned"])
    model = build_joint(design, TASK, (120, 1), [1, 2]).eval().requires_grad_(False)
    theta, x = TASK.draw(generator(1), 40)
    model.likelihood.set_from(x.flatten(0, 1), theta.repeat_interleave(120, 0))
    last = model.likelihood.network.last.weight
    last.copy_(0.1 * torch.randn(last.shape, generator=generator(2)))
    x[:5] *= 20
    return model.likelihood, *model.shared(theta, x)


def exact(flow, theta, x):
    """Trial by trial, by tensor operations in double precision."""
    whole = flow.double()
    theta = theta.double().requires_grad_()
    value = whole.log_prob_of_trials(theta, x.double()).sum(-1)
    (slope,) = torch.autograd.grad(value.sum(), theta)
    flow.float()
    return value.detach(), slope


def test_the_density_of_a_set_is_the_sum_of_its_trials(given):
    flow, theta, x = given
    value, slope = exact(flow, theta, x)
    at = theta.double().requires_grad_()
    found = flow.log_prob_of_sets(at, x.double())
    (by,) = torch.autograd.grad(found.sum(), at)
    assert value.abs().max() > 100 and found.dtype == torch.float64
    torch.testing.assert_close(found, value, rtol=2e-5, atol=2e-3)
    assert ((by - slope).abs() / (1 + slope.abs())).max() < 0.02  # of a network in single precision


def test_one_place_at_a_time_is_exact_in_double_precision(given):
    flow, theta, x = given
    value, slope = exact(flow, theta, x)
    model = build_joint(Design.from_config(entries()["tuned"]), TASK, (120, 1), [1, 2])
    model.likelihood.load_state_dict(flow.state_dict())
    one = model.eval().member(1).likelihood
    for row in range(8):
        found, by = Single(one, x[1, row])(theta[1, row].double().numpy())
        assert found == pytest.approx(float(value[1, row]), rel=1e-9)
        torch.testing.assert_close(torch.from_numpy(by), slope[1, row], rtol=1e-6, atol=1e-6)


def test_a_time_at_the_shift_has_no_density_and_no_gradient(given):
    flow, theta, x = given
    late = theta.double().clone()
    late[0, 0, 2] = float(x[0, 0].abs().min())
    late.requires_grad_()
    found = flow.log_prob_of_sets(late, x.double())
    (slope,) = torch.autograd.grad(found.sum(), late)
    assert found[0, 0] == -math.inf and (slope[0, 0] == 0).all()
    assert found[0, 1:].isfinite().all() and slope.isfinite().all()


def test_what_does_not_fit_is_refused(given):
    flow, _, x = given
    row, told = torch.zeros(1), torch.zeros(1, 2, 30)
    with pytest.raises(ValueError, match="splines of one kind"):
        sets.log_density(torch.ones(1, 5), row, row, told, [Spline(), Spline(bins=4)])
    with pytest.raises(ValueError, match="splines of one kind"):
        sets.log_density(torch.ones(1, 5), row, row, told, [Spline()])
    with pytest.raises(ValueError, match="networks of one member"):
        Single(flow, x[0, 0])

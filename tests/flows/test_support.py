"""Supports: exact bijections; no draw outside, ever."""

import math

import pytest
import torch
from scipy.stats import norm
from torch.autograd.functional import jacobian

from jana.flows.support import Support

INF = math.inf
LOW, HIGH = [-1.0, 0.0, -INF, -INF, 2.0], [1.0, INF, 3.0, INF, 2.5]


@pytest.fixture
def support():
    return Support(torch.tensor(LOW).double(), torch.tensor(HIGH).double())


@pytest.fixture
def z(rng):
    return (2 * torch.randn(2, 100, 5, generator=rng)).clamp(-5, 5).double()


def test_forward_undoes_inverse(support, z):
    x, log_det = support.inverse(z)
    back, log_det_back = support(x)
    torch.testing.assert_close(back, z)
    torch.testing.assert_close(log_det_back, -log_det)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_log_det_is_that_of_the_jacobian(support, z, direction):
    value = z if direction == "inverse" else support.inverse(z)[0]
    run = getattr(support, direction)
    for member, row in ((0, 0), (0, 7), (1, 3), (1, 50)):
        exact = jacobian(lambda one: run(one[None, None])[0][0, 0], value[member, row])
        torch.testing.assert_close(run(value)[1][member, row], exact.slogdet().logabsdet)


def test_inverse_undoes_forward(support, rng):
    """From x, uniform between the bounds, within 9 of zero where there is none."""
    low, high = torch.tensor(LOW).clamp(min=-9), torch.tensor(HIGH).clamp(max=9)
    x = (low + (high - low) * torch.rand(2, 100, 5, generator=rng)).double()
    z, log_det = support(x)
    back, log_det_back = support.inverse(z)
    torch.testing.assert_close(back, x)
    torch.testing.assert_close(log_det_back, -log_det)


def test_an_interval_is_opened_by_the_probit():
    x = torch.linspace(-0.99, 0.99, 21).double().reshape(1, -1, 1)
    z, _ = Support(torch.tensor([-1.0]).double(), torch.tensor([1.0]).double())(x)
    expected = norm.ppf((x.numpy() + 1) / 2)
    torch.testing.assert_close(z, torch.from_numpy(expected))


def test_in_single_precision_draws_are_as_fine_near_a_bound_of_zero_as_anywhere():
    """The probit's tail keeps its relative accuracy: against scipy in double precision."""
    support = Support(torch.tensor([0.0]), torch.tensor([1.0]))
    z = torch.linspace(-8, 0, 81).reshape(1, -1, 1)
    x, _ = support.inverse(z)
    expected = torch.from_numpy(norm.cdf(z.double().numpy()))
    torch.testing.assert_close(x.double(), expected, rtol=1e-4, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_even_the_farthest_latents_stay_within_the_bounds(dtype):
    low, high = torch.tensor(LOW).to(dtype), torch.tensor(HIGH).to(dtype)
    z = torch.tensor([-1e4, -40.0, -9.0, -6.0, 6.0, 9.0, 40.0, 1e4]).to(dtype)
    x, _ = Support(low, high).inverse(z.reshape(1, -1, 1).expand(1, -1, 5).clamp(-80, 80))
    assert ((x >= low) & (x < high)).all()


@pytest.mark.parametrize("outside", [[-1.01, 1.0, 0.0, 0.0, 2.2], [0.0, -0.1, 0.0, 0.0, 2.2]])
def test_outside_there_is_no_density(support, outside):
    x = torch.tensor(outside).double().expand(1, 1, 5)
    z, log_det = support(x)
    assert log_det == -INF and z.isfinite().all()


def test_the_upper_bound_is_outside_and_the_lower_inside():
    support = Support(torch.tensor([-1.0]), torch.tensor([1.0]))
    _, log_det = support(torch.tensor([-1.0, 1.0]).reshape(1, 2, 1))
    assert log_det[0, 0].isfinite() and log_det[0, 1] == -INF


def test_empty_bounds_are_refused():
    with pytest.raises(ValueError, match="low < high"):
        Support(torch.tensor([1.0]), torch.tensor([1.0]))

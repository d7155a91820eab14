"""The splines' kernels against the same splines as tensor operations, in double precision."""

import math

import pytest
import torch

from jana.flows import kernels
from jana.flows.published import FreeSpline
from jana.flows.spline import Spline

SPLINES = {"own": Spline(), "own, few bins": Spline(bins=2, bound=3.0), "free": FreeSpline(bins=6)}
SIZES = (0, 1, kernels.WIDTH - 1, kernels.WIDTH, 2 * kernels.WIDTH + 5)


def told(spline, *shape, seed=1):
    """Values in and outside of the box, and parameters that bend it well."""
    rng = torch.Generator().manual_seed(seed)
    value = 4 * torch.randn(shape, generator=rng)
    return value, 2 * torch.randn(*shape, *spline.pieces, generator=rng)


@pytest.mark.parametrize("name", SPLINES)
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_values_and_log_slopes_are_those_of_tensor_operations(name, direction):
    spline = SPLINES[name]
    value, params = told(spline, 3, 50, 2)
    assert spline.kind.takes(value, params, backwards=direction == "inverse")
    found = getattr(spline, direction)(value, params)
    wanted = getattr(spline, direction)(value.double(), params.double())
    assert (value.abs() > spline.bound).any()
    for ours, exact in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours.double(), exact, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize("name", SPLINES)
def test_gradients_are_those_of_autograd(name):
    spline = SPLINES[name]
    given = told(spline, 3, 400, 2)
    weights = told(spline, 2, 3, 400, 2, seed=2)[0]

    def gradients(precision):
        value, params = (part.to(precision).requires_grad_() for part in given)
        warped, log_slope = spline.forward(value, params)
        total = (weights[0] * warped + weights[1] * log_slope).sum()
        return torch.autograd.grad(total, (value, params))

    for ours, exact in zip(gradients(torch.float32), gradients(torch.float64), strict=True):
        assert exact.abs().max() > 1
        # Steep bins round by a share of the largest; there are few.
        error = (ours.double() - exact).abs() / (1 + exact.abs())
        assert error.max() < 2e-3 and error.mean() < 2e-6


@pytest.mark.parametrize("name", SPLINES)
def test_the_way_back_leads_back_and_has_the_opposite_slope(name):
    spline = SPLINES[name]
    value, params = told(spline, 2, 300, 3)
    warped, log_slope = spline.forward(value, params)
    back, back_slope = spline.inverse(warped, params)
    # Where it is flat, a rounded z is that of many x.
    torch.testing.assert_close(spline.forward(back, params)[0], warped, rtol=1e-4, atol=2e-4)
    assert (back - value).abs().median() < 1e-5
    assert (log_slope + back_slope).abs().median() < 1e-4


@pytest.mark.parametrize("rows", SIZES)
def test_every_row_is_worked_on_alone_whatever_their_number(rows):
    spline = SPLINES["own"]
    value, params = told(spline, 1, SIZES[-1], 1)
    whole = spline.forward(value, params)
    part = spline.forward(value[:, :rows], params[:, :rows])
    for one, all_ in zip(part, whole, strict=True):
        assert torch.equal(one, all_[:, :rows])


def test_values_that_lie_apart_in_memory_are_told_apart():
    spline = SPLINES["own"]
    value, params = told(spline, 2, 30, 4)
    wanted = spline.forward(value, params)[0][..., 2:]
    assert torch.equal(spline.forward(value[..., 2:], params[..., 2:, :])[0], wanted)


@pytest.mark.parametrize("name", SPLINES)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_seen(name, bad):
    spline = SPLINES[name]
    value, params = told(spline, 1, 4, 1)
    value[0, 1, 0] = bad
    params[0, 2, 0, 3] = math.nan
    finite = spline.forward(value, params)[0].isfinite().flatten()
    assert finite.tolist() == [True, False, False, True]


def test_double_precision_and_gradients_of_the_way_back_keep_to_tensor_operations():
    spline = SPLINES["own"]
    value, params = told(spline, 1, 5, 1)
    assert not spline.kind.takes(value.double(), params.double())
    assert not spline.kind.takes(value, params.requires_grad_(), backwards=True)
    back, _ = spline.inverse(value, params)
    assert back.requires_grad
    with torch.no_grad():
        assert spline.kind.takes(value, params, backwards=True)


def test_parameters_of_another_number_are_refused_and_not_read_past():
    spline = SPLINES["own"]
    value, params = told(spline, 1, 5, 1)
    with pytest.raises(ValueError, match=r"of shape \(1, 5, 1, 23\), not \(1, 5, 1, 22\)"):
        spline.kind.forward(value, params[..., :-1])
    with pytest.raises(ValueError, match=r"of shape \(1, 5, 1, 23\), not \(1, 5, 1, 24\)"):
        spline.kind.inverse(value, torch.cat([params, params[..., :1]], -1))


def test_a_wide_box_and_a_small_least_slope_are_exact_too():
    for spline in (FreeSpline(bins=2, bound=100.0), Spline(least=1e-9)):
        value, params = told(spline, 2, 50, 2)
        found, exact = (
            spline.forward(value, params),
            spline.forward(value.double(), params.double()),
        )
        assert not isinstance(spline, Spline) or not spline.kind.takes(value, params)
        for ours, other in zip(found, exact, strict=True):
            torch.testing.assert_close(ours.double(), other, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("name", SPLINES)
def test_gradients_at_the_ends_of_the_box_and_of_few_rows(name):
    """The last block is filled up, and ends belong to both sides."""
    spline = SPLINES[name]
    params = told(spline, 1, 3, 1)[1]
    value = torch.tensor([-spline.bound, spline.bound, 0.5]).view(1, 3, 1)

    def gradients(precision):
        at, by = (part.to(precision).requires_grad_() for part in (value, params))
        found = spline.forward(at, by)
        return torch.autograd.grad(found[0].sum() + found[1].sum(), (at, by))

    for ours, exact in zip(gradients(torch.float32), gradients(torch.float64), strict=True):
        torch.testing.assert_close(ours.double(), exact, rtol=1e-3, atol=1e-3)


def test_parameters_of_any_size_give_finite_values_and_gradients():
    for spline in SPLINES.values():
        value, params = told(spline, 1, 200, 2)
        value, params = value.requires_grad_(), (30 * params).requires_grad_()
        warped, log_slope = spline.forward(value, params)
        (warped.sum() + log_slope.sum()).backward()
        for part in (warped, log_slope, value.grad, params.grad):
            assert part.isfinite().all()

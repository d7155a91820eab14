"""Truncated Gaussians: exact maps both ways, near and far from the interval, and their fit."""

import math

import pytest
import torch
from scipy.stats import norm, truncnorm
from torch.autograd.functional import jacobian

from jana.flows import truncated
from jana.rng import generator

LOW, HIGH, SD = -1.0, 2.0, 0.25
CENTRES = {
    "within": 0.3,
    "at the lower edge": LOW,
    "at the upper edge": HIGH,
    "2 sd below": LOW - 2 * SD,
    "8 sd below": LOW - 8 * SD,
    "8 sd above": HIGH + 8 * SD,
}


@pytest.fixture(params=CENTRES.values(), ids=CENTRES.keys())
def centre(request):
    return request.param


def carried(direction, value, centre, sd=SD):
    """One of the maps, with bounds as precise as the value, and centre and sd in double."""
    low, high = (torch.tensor([edge]).to(value) for edge in (LOW, HIGH))
    centre = torch.full_like(value, centre, dtype=torch.float64)
    return getattr(truncated, direction)(value, low, high, centre, torch.tensor([sd]).double())


def scipys(centre, sd=SD):
    return truncnorm((LOW - centre) / sd, (HIGH - centre) / sd, loc=centre, scale=sd)


def latents(dtype=torch.float64):
    return torch.linspace(-5, 5, 101).to(dtype)[:, None]


def test_to_normal_undoes_from_normal(centre):
    x, log_slope = carried("from_normal", latents(), centre)
    back, log_slope_back = carried("to_normal", x, centre)
    torch.testing.assert_close(back, latents(), atol=1e-6, rtol=0)
    torch.testing.assert_close(log_slope_back, -log_slope, atol=1e-6, rtol=0)


def test_from_normal_undoes_to_normal(centre):
    """At the quantiles of the law itself, by scipy."""
    shares = torch.linspace(1e-4, 1 - 1e-4, 99).double()
    x = torch.from_numpy(scipys(centre).ppf(shares.numpy()))[:, None]
    z, log_slope = carried("to_normal", x, centre)
    back, log_slope_back = carried("from_normal", z, centre)
    torch.testing.assert_close(back, x, atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(log_slope_back, -log_slope, atol=1e-6, rtol=0)


def test_the_latent_is_that_of_scipys_distribution_function(centre):
    shares = torch.linspace(1e-4, 1 - 1e-4, 99).double()
    x = torch.from_numpy(scipys(centre).ppf(shares.numpy()))[:, None]
    expected = torch.from_numpy(norm.ppf(shares.numpy()))[:, None]
    torch.testing.assert_close(carried("to_normal", x, centre)[0], expected, atol=1e-6, rtol=0)


def test_the_density_through_the_map_is_scipys(centre):
    """Standard normal density of the latent times the slope."""
    x, _ = carried("from_normal", latents(), centre)
    z, log_slope = carried("to_normal", x, centre)
    found = log_slope - 0.5 * z.square() - 0.5 * math.log(2 * math.pi)
    expected = torch.from_numpy(scipys(centre).logpdf(x.numpy()))
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("direction", ["to_normal", "from_normal"])
def test_the_log_slope_is_autodiffs(centre, direction):
    value = latents()[::10]
    if direction == "to_normal":
        value, _ = carried("from_normal", value, centre)

    def run(value):
        return carried(direction, value[:, None], centre)[0][:, 0]

    slopes = jacobian(run, value[:, 0]).diagonal()
    found = carried(direction, value, centre)[1][:, 0]
    torch.testing.assert_close(found, slopes.log(), atol=1e-6, rtol=0)


def test_in_single_precision_both_maps_are_right_to_a_thousandth_of_their_results_scale(centre):
    """Against double precision, at the very same numbers; an interval's scale is its law's sd."""
    z = latents(torch.float32)
    x, _ = carried("from_normal", z, centre)
    exact, _ = carried("from_normal", z.double(), centre)
    scale = scipys(centre).std()
    assert x.dtype == torch.float32
    torch.testing.assert_close(x.double() / scale, exact / scale, atol=1e-3, rtol=0)
    inner = (x > LOW + 1e-3 * scale) & (x < HIGH - 1e-3 * scale)  # where it is not rounded away
    back, _ = carried("to_normal", x, centre)
    again, _ = carried("to_normal", x.double(), centre)
    torch.testing.assert_close(back.double()[inner], again[inner], atol=1e-3, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bounds_and_extreme_latents_give_finite_numbers_within_the_bounds(centre, dtype):
    edges = torch.tensor([LOW, HIGH]).to(dtype)[:, None]
    z, log_slope = carried("to_normal", edges, centre)
    assert z.isfinite().all() and log_slope.isfinite().all() and z[0] < z[1]
    far = torch.tensor([-1e4, -40.0, -9.0, 9.0, 40.0, 1e4]).to(dtype)[:, None]
    x, log_slope = carried("from_normal", far, centre)
    assert log_slope.isfinite().all() and (x >= LOW).all() and (x <= HIGH).all()
    assert (x.diff(dim=0) >= 0).all()


@pytest.mark.parametrize("direction", ["to_normal", "from_normal"])
def test_no_gradient_is_nan_however_far_the_value_is_from_the_centre(direction):
    """What a mask leaves out is multiplied by 0: NaN there would come through to a summary."""
    value = torch.tensor([[LOW + 1e-3], [0.5], [HIGH - 1e-3]]).double().requires_grad_()
    centre = torch.tensor([[0.5]]).double().expand(3, 1).clone().requires_grad_()
    edges = torch.tensor([LOW]).double(), torch.tensor([HIGH]).double()
    run = getattr(truncated, direction)
    found, log_slope = run(
        value if direction == "to_normal" else 10 * value, *edges, centre, NARROW
    )
    (found + log_slope).sum().backward()
    assert value.grad.isfinite().all() and centre.grad.isfinite().all()


NARROW = torch.tensor([0.05]).double()
BETWEEN = [(-1.0, 2.0), (-1e-3, 1e-3), (5.0, 6.0), (-41.0, -40.0), (38.0, 100.0), (-9.0, 9.0)]


@pytest.mark.parametrize("a, b", BETWEEN)
def test_the_log_mass_is_scipys(a, b):
    a, b = min(a, b), max(a, b)
    found = truncated.log_mass(*(torch.tensor([value]).double() for value in (a, b)))
    # From the tail that is nearer, where scipy keeps its digits.
    low, high = (a, b) if a + b < 0 else (-b, -a)
    expected = norm.logcdf(high) + math.log1p(-math.exp(norm.logcdf(low) - norm.logcdf(high)))
    assert float(found) == pytest.approx(expected, rel=1e-7)


N = 4000


def simulated(slope, offset, sd, seed=1):
    """Draws of truncated Gaussians whose centre is linear in two features."""
    rng = generator(seed)
    context = torch.randn(N, 2, generator=rng).double()
    centre = context @ slope + offset
    low, high = torch.full_like(offset, LOW), torch.full_like(offset, HIGH)
    z = torch.randn(centre.shape, generator=rng).double()
    return truncated.from_normal(z, low, high, centre, sd)[0], context, low, high


def test_the_regression_finds_what_the_data_were_made_with():
    """Two coordinates, the second cut off hard. Within 4 standard errors: 1 in 2,000 of 8 fails.

    They are those without truncation, times 4 in the second, which loses most of its spread.
    """
    slope = torch.tensor([[0.3, 0.5], [-0.2, 0.0]]).double()
    offset, sd = torch.tensor([0.4, 1.8]).double(), torch.tensor([0.4, 0.7]).double()
    found = truncated.regression(*simulated(slope, offset, sd))
    error = 4 * sd / N**0.5 * torch.tensor([1.5, 4.0])
    assert ((found.slope - slope).abs() < error).all()
    assert ((found.offset - offset).abs() < error).all()
    assert ((found.sd - sd).abs() < error).all()


def test_the_regression_is_at_the_top_of_the_likelihood():
    """No small step in any direction raises scipy's log likelihood."""
    slope, offset, sd = torch.tensor([[0.3], [0.0]]), torch.tensor([1.8]), torch.tensor([0.6])
    x, context, low, high = simulated(slope.double(), offset.double(), sd.double())
    found = truncated.regression(x, context, low, high)

    def log_likelihood(slope, offset, sd):
        centre = (context @ slope + offset).numpy()
        width = float(sd)
        ends = (LOW - centre) / width, (HIGH - centre) / width
        return truncnorm.logpdf(x.numpy(), *ends, loc=centre, scale=width).mean()

    best = log_likelihood(*found)
    for step in (-0.01, 0.01):
        assert log_likelihood(found.slope + step, found.offset, found.sd) < best
        assert log_likelihood(found.slope, found.offset + step, found.sd) < best
        assert log_likelihood(found.slope, found.offset, found.sd + step) < best


def test_the_regression_of_uniform_values_is_uniform():
    """Its density lies within 5 % of the uniform one everywhere (N = 4,000; 4 sd: 1 in 10,000)."""
    rng = generator(2)
    context = torch.randn(N, 2, generator=rng).double()
    x = LOW + (HIGH - LOW) * torch.rand(N, 1, generator=rng).double()
    edges = torch.tensor([LOW]).double(), torch.tensor([HIGH]).double()
    slope, offset, sd = truncated.regression(x, context, *edges)
    assert float(sd) > 1.5 * (HIGH - LOW)
    points = torch.linspace(LOW + 0.01, HIGH - 0.01, 21).double()[:, None]
    centre = (context[:1] @ slope + offset).expand(21, 1)
    z, log_slope = truncated.to_normal(points, *edges, centre, sd)
    density = (log_slope - 0.5 * z.square()).exp() / math.sqrt(2 * math.pi)
    uniform = torch.full_like(density, 1 / (HIGH - LOW))
    torch.testing.assert_close(density, uniform, atol=0, rtol=0.15)


def test_the_regression_bears_features_that_depend_on_each_other_and_values_at_the_bounds():
    rng = generator(3)
    context = torch.randn(500, 1, generator=rng).double().repeat(1, 3)
    context[:, 2] = 0.0
    x = (0.5 * context[:, :1] + 0.5).clamp(LOW, HIGH)  # known from the context, but for the bounds
    found = truncated.regression(
        x, context, torch.tensor([LOW]).double(), torch.tensor([HIGH]).double()
    )
    assert all(part.isfinite().all() for part in found) and found.sd > 0


def test_fits_of_several_coordinates_do_not_move_each_other():
    slope = torch.tensor([[0.3, 0.5], [-0.2, 0.0]]).double()
    offset, sd = torch.tensor([0.4, 1.8]).double(), torch.tensor([0.4, 0.7]).double()
    x, context, low, high = simulated(slope, offset, sd)
    both = truncated.regression(x, context, low, high)
    alone = truncated.regression(x[:, 1:], context, low[1:], high[1:])
    for found, expected in zip(both, alone, strict=True):
        torch.testing.assert_close(found[..., 1:], expected, atol=1e-3, rtol=1e-3)

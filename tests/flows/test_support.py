"""Supports: exact bijections, whatever the bounds and the context; no draw outside, ever."""

import math

import pytest
import torch
from scipy.stats import truncnorm
from torch.autograd.functional import jacobian

from jana.flows.support import REACH, Support
from jana.rng import generator

INF = math.inf
LOW, HIGH = [-1.0, 0.0, -INF, -INF, 2.0], [1.0, INF, 3.0, INF, 2.5]
KINDS = {
    "mixed": (LOW, HIGH),
    "none": ([-INF, -INF], [INF, INF]),
    "lower": ([-2.0, 0.0], [INF, INF]),
    "upper": ([-INF, -INF], [0.0, 5.0]),
    "both": ([-1.0, 0.0], [1.0, 10.0]),
}
M, B, C = 2, 100, 3


def build(kind, fitted=True, dtype=torch.float64):
    """A support whose intervals have Gaussians that move with the context, if fitted."""
    low, high = (torch.tensor(edge).to(dtype) for edge in KINDS[kind])
    support, rng = Support(low, high, C), generator(5)
    if fitted:
        width = (support.high - support.low).double()[support.kinds.get(3, [])]
        support.slope.copy_(0.3 * width * torch.randn(support.slope.shape, generator=rng))
        support.sd.copy_(0.3 * width)
    return support


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(params=[True, False], ids=["fitted", "as it starts"])
def support(request, kind):
    return build(kind, request.param)


def given(rng, dtype=torch.float64):
    return torch.randn(M, B, C, generator=rng).to(dtype)


def latents(support, rng):
    return (2 * torch.randn(M, B, len(support.low), generator=rng)).clamp(-4, 4).double()


def test_forward_undoes_inverse(support, rng):
    z, context = latents(support, rng), given(rng)
    x, log_det = support.inverse(z, context)
    back, log_det_back = support(x, context)
    torch.testing.assert_close(back, z, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(log_det_back, -log_det, atol=1e-6, rtol=1e-6)


def test_inverse_undoes_forward(support, rng):
    """From x, uniform between the bounds, within 9 of zero where there is none."""
    low, high = support.low.clamp(min=-9), support.high.clamp(max=9)
    x = low + (high - low) * (0.01 + 0.98 * torch.rand(M, B, len(low), generator=rng).double())
    context = 0.3 * given(rng)
    z, log_det = support(x, context)
    back, log_det_back = support.inverse(z, context)
    torch.testing.assert_close(back, x)
    torch.testing.assert_close(log_det_back, -log_det, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_log_det_is_that_of_the_jacobian(support, rng, direction):
    z, context = latents(support, rng).clamp(-2, 2), given(rng)
    value = z if direction == "inverse" else support.inverse(z, context)[0]
    run = getattr(support, direction)
    for row in ((0, 0), (0, 7), (1, 3), (1, 50)):

        def one_row(one, row=row):
            return run(one[None, None], context[row][None, None])[0][0, 0]

        exact = jacobian(one_row, value[row]).slogdet().logabsdet
        torch.testing.assert_close(run(value, context)[1][row], exact, atol=1e-6, rtol=1e-6)


def test_before_it_is_fitted_an_interval_is_uniform():
    support = build("both", fitted=False)
    x = torch.tensor([[-0.9, 0.1], [0.0, 5.0], [0.7, 9.9]]).double()[None]
    z, log_slope = support(x, torch.zeros(1, 3, C).double())
    log_density = log_slope - 0.5 * z.square().sum(-1) - math.log(2 * math.pi)
    torch.testing.assert_close(
        log_density, torch.full((1, 3), -math.log(20)).double(), atol=1e-5, rtol=0
    )


def test_a_fitted_interval_is_scipys_truncated_gaussian_of_its_context(rng):
    support = build("both")
    z, context = latents(support, rng), given(rng)
    x, _ = support.inverse(z, context)
    back, log_slope = support(x, context)
    found = log_slope - 0.5 * back.square().sum(-1) - math.log(2 * math.pi)
    centre = context @ support.slope + support.offset
    ends = ((edge - centre) / support.sd for edge in (support.low, support.high))
    law = truncnorm(*(end.numpy() for end in ends), loc=centre.numpy(), scale=support.sd.numpy())
    expected = torch.from_numpy(law.logpdf(x.numpy())).sum(-1)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_fitting_makes_latents_normal_and_gains_likelihood(rng):
    """Of truncated Gaussians with a linear centre: mean 0, sd 1 (N = 4,000; 4 sd: 1 in 8,000)."""
    support, truth = build("mixed", fitted=False), build("mixed")
    context = torch.randn(1, 4000, C, generator=rng).double()
    noise = torch.randn(1, 4000, 5, generator=rng).double()
    x, _ = truth.inverse(noise, context)

    def log_density():
        z, log_slope = support(x, context)
        return float((log_slope - 0.5 * z.square().sum(-1)).mean())

    before = log_density()
    support.set_from(x[0], context[0])
    assert log_density() > before + 0.1
    torch.testing.assert_close(support.sd, truth.sd, atol=0, rtol=0.1)
    torch.testing.assert_close(support.slope, truth.slope, atol=0.05, rtol=0)
    z, _ = support(x, context)
    box = support.kinds[3]
    assert z[0, :, box].mean(0).abs().max() < 4 / 4000**0.5
    assert (z[0, :, box].std(0) - 1).abs().max() < 4 / 8000**0.5


@pytest.mark.parametrize("task", ["fitted", "far"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_even_the_farthest_latents_stay_within_the_bounds(kind, task, dtype):
    """And with contexts that no training set had."""
    support = build(kind, dtype=dtype)
    z = torch.tensor([-80.0, -40.0, -9.0, -6.0, 0.0, 6.0, 9.0, 40.0, 80.0]).to(dtype)
    z = z.reshape(1, -1, 1).expand(1, -1, len(support.low))
    context = torch.full((1, 9, C), 1e6 if task == "far" else 0.5).to(dtype)
    for sign in (-1, 1):
        x, log_det = support.inverse(z, sign * context)
        assert ((x >= support.low) & (x < support.high)).all()
        assert log_det.isfinite().all()


def test_in_single_precision_no_draw_falls_outside(kind, rng):
    support = build(kind, dtype=torch.float32)
    context = 5 * torch.randn(1, 100_000, C, generator=rng)
    x, _ = support.inverse(3 * torch.randn(1, 100_000, len(support.low), generator=rng), context)
    assert ((x >= support.low) & (x < support.high)).all()
    assert support(x, context)[1].isfinite().all()


def test_in_single_precision_the_log_density_of_a_draw_agrees_when_asked_again(kind, rng):
    """Except where a draw was rounded at a bound: fewer than 1 in 1,000."""
    support = build(kind, dtype=torch.float32)
    z = torch.randn(M, 5000, len(support.low), generator=rng)
    context = torch.randn(M, 5000, C, generator=rng)
    x, log_det = support.inverse(z, context)
    back, log_det_back = support(x, context)
    ours, theirs = (
        value - 0.5 * latent.square().sum(-1)
        for value, latent in ((-log_det, z), (log_det_back, back))
    )
    gap = (ours - theirs).abs()
    assert gap.median() < 1e-4 and (gap > 0.01).float().mean() < 1e-3


def test_the_centre_lies_no_farther_out_than_its_mass_can_be_computed():
    support = build("both")
    far = torch.full((1, 1, C), 1e6).double()
    beyond = torch.maximum(support.low - support._centre(far), support._centre(far) - support.high)
    torch.testing.assert_close(beyond / support.sd, torch.full((1, 1, 2), REACH).double())


@pytest.mark.parametrize("outside", [[-1.01, 1.0, 0.0, 0.0, 2.2], [0.0, -0.1, 0.0, 0.0, 2.2]])
@pytest.mark.parametrize("fitted", [True, False])
def test_outside_there_is_no_density(fitted, outside):
    x = torch.tensor(outside).double().expand(1, 1, 5)
    z, log_det = build("mixed", fitted)(x, torch.zeros(1, 1, C).double())
    assert log_det == -INF and z.isfinite().all()


def test_the_upper_bound_is_outside_and_the_lower_inside():
    support = Support(torch.tensor([-1.0]), torch.tensor([1.0]), 0)
    _, log_det = support(torch.tensor([-1.0, 1.0]).reshape(1, 2, 1), torch.zeros(1, 2, 0))
    assert log_det[0, 0].isfinite() and log_det[0, 1] == -INF


def test_empty_bounds_are_refused():
    with pytest.raises(ValueError, match="low < high"):
        Support(torch.tensor([1.0]), torch.tensor([1.0]), 2)


def test_it_comes_back_from_its_state(rng):
    fitted, again = build("mixed"), build("mixed", fitted=False)
    again.load_state_dict(fitted.state_dict())
    z, context = latents(fitted, rng), given(rng)
    assert torch.equal(fitted.inverse(z, context)[0], again.inverse(z, context)[0])


def test_edges_say_where_the_bounds_cut_and_saturate_far_from_them():
    support = Support(torch.tensor([-1.0]), torch.tensor([1.0]), 1)
    support.slope.fill_(1.0)
    support.sd.fill_(0.1)
    context = torch.tensor([-5.0, -1.0, -0.9, 0.0, 1.0]).reshape(1, -1, 1)
    low, high = support.edges(context)[0].unbind(-1)
    assert float(low[1]) == 0 and float(high[4]) == 0  # the centre is at the bound
    assert float(low[2]) == pytest.approx(-1 / (1 + 1 / 3))  # a standard deviation inside
    assert (low.diff() <= 0).all() and (high.diff() <= 0).all()
    assert (torch.stack([low, high]).abs() < 3).all()


def test_supports_without_intervals_have_no_edges():
    assert build("mixed").n_edges == 4 and build("lower").n_edges == 0


def turned(dtype=torch.float64):
    """An angle beside a bounded and an unbounded coordinate; the context tells where it points."""
    low = torch.tensor([-math.pi, 0.0, -INF]).to(dtype)
    high = torch.tensor([math.pi, 1.0, INF]).to(dtype)
    support, rng = Support(low, high, C, (0,)), generator(5)
    context = torch.randn(5000, C, generator=rng).to(dtype)
    x = torch.randn(5000, 3, generator=rng).to(dtype)
    toward = torch.atan2(context[:, 1], context[:, 0])
    x[:, 0] = torch.remainder(toward + 0.3 * x[:, 0] + math.pi, 2 * math.pi) - math.pi
    x[:, 1] = x[:, 1].sigmoid()
    support.set_from(x, context)
    return support, x, context


def test_an_angle_goes_there_and_back_and_stays_on_its_circle():
    support, x, context = turned()
    z, log_det = support(x[None], context[None])
    back, other = support.inverse(z, context[None])
    torch.testing.assert_close(back[0], x, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(other, -log_det, atol=1e-6, rtol=1e-6)
    far = support.inverse(20 * torch.randn(z.shape, generator=generator(1)).double(), context[None])
    assert (far[0] >= support.low).all() and (far[0] < support.high).all()


def test_an_angle_across_the_seam_is_one_hill():
    """Where the context points to the seam, angles on both sides of it are neighbours."""
    support, x, context = turned()
    seam = context[:, 0] < -context[:, 1].abs()
    assert float((x[seam, 0] > 2.5).double().mean()) > 0.1  # on either side
    assert float((x[seam, 0] < -2.5).double().mean()) > 0.1
    z, _ = support(x[None], context[None])
    assert float(z[0, seam, 0].std()) < 1.5 and float(z[0, seam, 0].abs().max()) < 6


def test_angles_keep_their_density():
    """Turning stretches nothing: densities over the whole circle make up 1."""
    support, _, context = turned()
    angle = torch.linspace(-math.pi, math.pi, 4002).double()[:-1]
    x = torch.stack([angle, torch.full_like(angle, 0.5), torch.zeros_like(angle)], -1)
    for row in context[:5]:
        z, log_det = support(x[None], row.expand(1, len(x), C))
        normal = -0.5 * z[0, :, 0].square() - 0.5 * math.log(2 * math.pi)
        # The other coordinate with two bounds is at one place: its slope is a constant.
        other = log_det[0, :1] - _slope(support, x[:1], row)
        assert float((normal + log_det[0] - other).exp().sum() * 2 * math.pi / 4001) == (
            pytest.approx(1, abs=2e-3)
        )


def _slope(support, x, row):
    """Log slope of the angle alone, by finite differences."""
    step = 1e-6
    moved = x.clone()
    moved[:, 0] += step
    ends = [support(part[None], row.expand(1, 1, C))[0][0, 0, 0] for part in (x, moved)]
    return ((ends[1] - ends[0]) / step).log()

"""The paper's layers: what their description says of them, beyond the laws of all layers."""

import math

import pytest
import torch
from zuko import transforms

from jana.flows.published import CLAMPED_AFFINE, FreeSpline, Rotation, Scale
from jana.rng import generator

SPLINE = FreeSpline(6, 5.0)


@pytest.fixture
def params(rng):
    """Splines that all differ, from nearly straight to steep."""
    return (1.5 * torch.randn(2, 40, 3, sum(SPLINE.pieces), generator=rng)).double()


@pytest.mark.parametrize(
    "warp", [CLAMPED_AFFINE, SPLINE, FreeSpline()], ids=["affine", "6 bins", "16 bins"]
)
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_zeros_give_the_identity_in_the_box_and_outside(warp, direction):
    x = torch.tensor([-1e4, -5.1, -5.0, -0.3, 0.0, 4.2, 5.0, 8.0]).double().reshape(1, -1, 1)
    z, log_slope = getattr(warp, direction)(x, torch.zeros(1, 8, 1, sum(warp.pieces)).double())
    torch.testing.assert_close(z, x)
    torch.testing.assert_close(log_slope, torch.zeros_like(x), atol=1e-12, rtol=0)


def box(params):
    """Left and lower edge, width and height, as the parameters say them: softplus by hand."""
    edges, sizes = params[..., :2] - SPLINE.bound, params[..., 2 : 2 + 2 * SPLINE.bins]
    shift = math.log(math.exp(2 * SPLINE.bound / SPLINE.bins) - 1)
    width, height = (sizes + shift).exp().log1p().unflatten(-1, (2, -1)).sum(-1).unbind(-1)
    return edges[..., 0], edges[..., 1], width, height


def test_the_boxs_corners_are_carried_to_each_other(params):
    left, lower, width, height = box(params)
    torch.testing.assert_close(SPLINE.forward(left, params)[0], lower)
    torch.testing.assert_close(SPLINE.forward(left + width, params)[0], lower + height)


@pytest.mark.parametrize("inside", [0.0, 1e-10], ids=["on the edge", "just within"])
def test_the_slope_at_both_edges_is_height_over_width(params, inside):
    left, _, width, height = box(params)
    for x in (left + inside * width, left + (1 - inside) * width):
        slope = SPLINE.forward(x, params)[1]
        torch.testing.assert_close(slope, (height / width).log(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("side", [-1, 1])
def test_outside_a_straight_line_goes_on(params, side):
    left, lower, width, height = box(params)
    edge = torch.where(torch.tensor(side < 0), left, left + width)
    start = torch.where(torch.tensor(side < 0), lower, lower + height)
    for step in (1e-3, 3.0, 1e4):
        z, log_slope = SPLINE.forward(edge + side * step, params)
        torch.testing.assert_close(z, start + side * step * height / width)
        torch.testing.assert_close(log_slope, (height / width).log())


def test_the_spline_rises_everywhere(params):
    x = torch.linspace(-40, 40, 2001).double().reshape(1, -1, 1)
    z, log_slope = SPLINE.forward(x, params[:1, :1, :1].expand(1, 2001, 1, -1))
    assert (z.diff(dim=1) > 0).all() and log_slope.isfinite().all()


def test_a_box_of_fixed_size_is_zukos_spline(params, rng):
    """Edges at 0 and sizes that fill [-5, 5]: zuko's softmax and our softplus then agree."""
    shares = (params[..., 2:14].unflatten(-1, (2, 6)) / 2).softmax(-1)
    width = 2 * SPLINE.bound / SPLINE.bins
    sizes = (10 * shares).expm1().log() - math.log(math.expm1(width))
    # Inner slopes, held between the edges' slope of 1 and within zuko's bounds.
    slopes = 1 + 0.9 * params[..., 14:].tanh()
    raw = slopes.expm1().log() - math.log(math.expm1(1.0))
    ours = torch.cat([0 * params[..., :2], sizes.flatten(-2), raw], -1)
    log = shares.log()
    oracle = transforms.MonotonicRQSTransform(
        *(part / (1 - 2 * part.abs() / -math.log(1e-9)) for part in log.unbind(-2)),
        slopes.log() / (1 - slopes.log().abs() / -math.log(1e-9)),
        bound=5.0,
        slope=1e-9,
    )
    x = (3 * torch.randn(2, 40, 3, generator=rng)).double()
    z, log_slope = SPLINE.forward(x, ours)
    expected, expected_slope = oracle.call_and_ladj(x)
    torch.testing.assert_close(z, expected)
    torch.testing.assert_close(log_slope, expected_slope, atol=1e-6, rtol=1e-6)


def scale_of(raw):
    params = torch.stack([raw, torch.zeros_like(raw)], -1).reshape(1, -1, 1, 2)
    return CLAMPED_AFFINE.forward(torch.ones(1, len(raw), 1).double(), params)[1].flatten()


def test_the_affine_scale_stays_within_its_clamp():
    log_scale = scale_of(torch.tensor([-1e9, -3.0, 0.0, 3.0, 1e9]).double())
    assert (log_scale.abs() <= 1.9).all()
    assert log_scale[-1] > 1.8999 and log_scale[0] < -1.8999
    expected = 2 * 1.9 / math.pi * math.atan(3 / 1.9)
    assert float(log_scale[3]) == pytest.approx(expected, rel=1e-6)


def test_the_affine_scales_slope_at_zero_is_2_over_pi():
    step = 1e-5
    low, high = scale_of(torch.tensor([-step, step]).double())
    assert float(high - low) / (2 * step) == pytest.approx(2 / math.pi, rel=1e-6)


def test_scale_and_shift_of_the_affine_come_from_a_network_each():
    assert CLAMPED_AFFINE.pieces == (1, 1) and FreeSpline(16).pieces == (49,)


def test_a_rotation_starts_orthogonal_and_moves_what_it_is_given(rng):
    layer = Rotation([generator(1), generator(2)], 4)
    product = layer.matrix @ layer.matrix.mT
    torch.testing.assert_close(product, torch.eye(4).expand(2, 4, 4), atol=1e-5, rtol=0)
    assert (layer.matrix[0] - layer.matrix[1]).abs().max() > 0.1
    assert (layer.matrix - torch.eye(4)).abs().amax((1, 2)).min() > 0.1


def test_a_rotation_is_uniform_over_all():
    """Its first entry's mean is 0 and its mean square 1/4 (3,000 matrices; 4 sd: 1 in 16,000).

    The QR factors without the signs set right would have a mean of the diagonal far from 0.
    """
    matrices = Rotation([generator(seed) for seed in range(3000)], 4).matrix.detach()
    entries = matrices.diagonal(dim1=1, dim2=2)
    assert (entries.mean(0).abs() < 4 * 0.5 / 3000**0.5).all()
    # E w^4 = 3 / (4 * 6) = 1/8, so that the variance of w^2 is 1/16.
    assert ((entries.square().mean(0) - 0.25).abs() < 4 * 0.25 / 3000**0.5).all()


def test_a_scale_may_turn_negative_and_still_inverts(rng):
    layer = Scale([generator(0)], 3)
    layer.scale.data[:] = torch.tensor([-2.0, 0.5, 3.0])
    x, none = torch.randn(1, 5, 3, generator=rng), torch.zeros(1, 5, 0)
    z, log_det = layer(x, none)
    torch.testing.assert_close(layer.inverse(z, none)[0], x)
    torch.testing.assert_close(log_det, torch.full((1, 5), math.log(3)))

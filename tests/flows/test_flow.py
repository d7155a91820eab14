"""Flows as densities: they integrate to one, and draws follow them."""

import math

import pytest
import torch
from designs import flow_settings
from scipy.stats import kstest
from torch.autograd.functional import jacobian

from jana.flows.whitening import Whitening
from jana.recipes import build_flow
from jana.rng import generator

SETTINGS = flow_settings(warps="SS", mixing="learned")
PUBLISHED = flow_settings(kit="published", warps="ASA", mixing="learned", start="none")
BOX = {"box": (-1.0, 1.0), "line": (-math.inf, math.inf), "half": (0.0, math.inf)}
C = 3


@pytest.fixture(params=BOX)
def edges(request):
    return BOX[request.param]


def bounds(size, low=-math.inf, high=math.inf):
    return torch.full((size,), low), torch.full((size,), high)


def flow(dim, edges, members=2, settings=SETTINGS):
    rngs = [generator(seed) for seed in range(members)]
    built = build_flow(rngs, settings, bounds(dim, *edges), bounds(C))
    rng = generator(9)
    for weight in built.parameters():  # away from where it starts
        weight.data += 0.05 * torch.randn(weight.shape, generator=rng)
    context = torch.randn(500, C, generator=rng)
    spread = torch.randn(500, dim, generator=rng)
    if settings.start == "regression":
        low, high = (torch.tensor(edge) for edge in edges)
        away = (0.3 * spread + 0.2 * context[:, :1]).tanh()
        x = away if high.isfinite() else low + (0.3 * spread).exp() if low.isfinite() else spread
        built.set_from(x, context)
    return built.double()


@pytest.mark.parametrize("dim", [1, 2])
def test_the_density_integrates_to_one(dim, edges, rng):
    """Over a grid that is even where the support is opened, and so dense at the bounds."""
    built = flow(dim, edges)
    points = torch.linspace(-9, 9, 2001 if dim == 1 else 301).double()
    inner = (points[1:] + points[:-1]) / 2
    opened = torch.cartesian_prod(*[inner] * dim).reshape(1, -1, dim)
    context = torch.randn(2, 1, C, generator=rng).double().expand(2, opened.shape[1], C)
    with torch.no_grad():
        seen = built.standardize(context)
        grid, log_width = built.support.inverse(opened.expand(2, -1, dim), seen)
        density = (built.log_prob(grid, context) + log_width).exp()
    total = density.sum(1) * float(inner[1] - inner[0]) ** dim
    torch.testing.assert_close(total, torch.ones(2).double(), atol=0.01, rtol=0)


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("kit", ["own", "published"])
def test_with_a_student_t_latent_the_density_integrates_to_one(dim, kit, rng):
    """Of 7 degrees of freedom, within 30 of zero: less than 1e-6 lies beyond."""
    settings = flow_settings(kit=kit, warps="AS", mixing="learned", start="none", latent_df=7)
    built = flow(dim, BOX["line"], settings=settings)
    points = torch.linspace(-30, 30, 2001 if dim == 1 else 301).double()
    inner = (points[1:] + points[:-1]) / 2
    grid = torch.cartesian_prod(*[inner] * dim).reshape(-1, dim)
    context = torch.randn(2, 1, C, generator=rng).double().expand(2, len(grid), C)
    with torch.no_grad():
        density = built.log_prob(grid.expand(2, *grid.shape), context).exp()
    total = density.sum(1) * float(inner[1] - inner[0]) ** dim
    torch.testing.assert_close(total, torch.ones(2).double(), atol=0.01, rtol=0)


def test_a_published_flows_draws_have_the_flows_density(rng):
    built = flow(3, BOX["line"], settings=PUBLISHED)
    context = torch.randn(2, 4, C, generator=rng).double()
    with torch.no_grad():
        sample = built.sample(built.noise([generator(1), generator(2)], 4, 6).double(), context)
        again = built.log_prob(sample.draws.flatten(1, 2), context.repeat_interleave(6, 1))
    torch.testing.assert_close(sample.log_prob.flatten(1), again, atol=1e-5, rtol=1e-5)


def test_without_a_regression_data_and_context_are_only_divided_by_constants(rng):
    """So an untrained flow of plain couplings is N(0, scale^2 I)."""
    plain = flow_settings(start="none", warps="A", scale=4.0, context_scale=5.0)
    built = build_flow([generator(0)], plain, bounds(2), (torch.zeros(C), torch.full((C,), 9.0)))
    x, context = 4 * torch.randn(1, 50, 2, generator=rng), torch.rand(1, 50, C, generator=rng)
    expected = torch.distributions.Normal(0.0, 4.0).log_prob(x).sum(-1)
    torch.testing.assert_close(built.log_prob(x, context), expected)
    torch.testing.assert_close(built.standardize(context), context / 5)
    before = {key: value.clone() for key, value in built.state_dict().items()}
    built.set_from(7 + x[0], context[0])
    assert all(torch.equal(value, before[key]) for key, value in built.state_dict().items())


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_a_draws_log_density_is_the_flows(dim, edges, rng):
    built = flow(dim, edges)
    context = torch.randn(2, 4, 3, generator=rng).double()
    noise = built.noise([generator(1), generator(2)], 4, 6).double()
    with torch.no_grad():
        sample = built.sample(noise, context)
        again = built.log_prob(sample.draws.flatten(1, 2), context.repeat_interleave(6, 1))
    # Whitening and its inverse are stored in single precision each.
    torch.testing.assert_close(sample.log_prob.flatten(1), again, atol=1e-5, rtol=1e-5)


def test_draws_follow_the_density(edges, rng):
    """The probability integral transform of 1-D draws is uniform (false alarm: 1 in 1,000)."""
    built = flow(1, edges, members=1)
    context = torch.randn(1, 1, 3, generator=rng).double()
    with torch.no_grad():
        draws = built.sample(built.noise([rng], 1, 4000).double(), context).draws.flatten()
        points = torch.linspace(max(edges[0], -9), min(edges[1], 9), 4001).double()
        inner = (points[1:] + points[:-1]) / 2
        density = built.log_prob(inner.reshape(1, -1, 1), context.expand(1, 4000, 3)).exp()
    cdf = density.cumsum(1)[0] * float(points[1] - points[0])
    uniform = cdf[torch.searchsorted(points, draws).clamp(1, 4000) - 1]
    assert kstest(uniform.numpy(), "uniform").pvalue > 1e-3


def test_before_training_a_flow_is_the_regression_on_its_context(rng):
    context = torch.randn(5000, 3, generator=rng)
    slope = torch.randn(3, 2, generator=rng)
    x = context @ slope + torch.tensor([1.0, -2.0]) + 0.3 * torch.randn(5000, 2, generator=rng)
    built = build_flow([generator(0)], SETTINGS, bounds(2), bounds(3))
    built.set_from(x, context)
    expected = torch.distributions.Normal(context @ slope + torch.tensor([1.0, -2.0]), 0.3)
    with torch.no_grad():
        gap = expected.log_prob(x).sum(-1) - built.log_prob(x[None], context[None])[0]
    assert abs(float(gap.mean())) < 0.01  # 12 parameters over 2 * 5,000 rows: 0.001 expected


def test_whitening_whitens_and_inverts(rng):
    mixing = torch.tensor([[1.0, 0.9], [0.0, 0.2]])
    context = torch.randn(3000, 1, generator=rng)
    x = torch.randn(3000, 2, generator=rng) @ mixing + 4 * context
    layer = Whitening(2, 1)
    layer.set_from(x, context)
    z, log_det = layer(x[None], context[None])
    torch.testing.assert_close(z[0].T.cov(), torch.eye(2), atol=1e-3, rtol=0)
    back, log_det_back = layer.inverse(z, context[None])
    torch.testing.assert_close(back[0], x, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(log_det, -log_det_back)
    torch.testing.assert_close(log_det[0, 0], layer.whiten.slogdet().logabsdet)


def test_whitening_bears_a_context_that_depends_on_itself_and_an_x_known_from_it(rng):
    context = torch.randn(500, 1, generator=rng).repeat(1, 2)
    x = torch.cat([context[:, :1], torch.randn(500, 1, generator=rng)], -1)
    layer = Whitening(2, 2)
    layer.set_from(x, context)
    z, log_det = layer(x[None], context[None])
    assert z.isfinite().all() and log_det.isfinite().all()


def whitened(rng):
    layer, context = Whitening(3, 2), torch.randn(500, 2, generator=rng)
    x = torch.randn(500, 3, generator=rng) @ torch.randn(3, 3, generator=rng)
    layer.set_from(x + context @ torch.randn(2, 3, generator=rng), context)
    return layer.double(), context.double()[None], x.double()[None]


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_whitenings_log_det_is_that_of_the_jacobian(rng, direction):
    layer, context, x = whitened(rng)
    run = getattr(layer, direction)
    exact = jacobian(lambda row: run(row[None, None], context[:, :1])[0][0, 0], x[0, 0])
    # The inverse is stored on its own, in single precision.
    found = run(x, context)[1][0, 0]
    torch.testing.assert_close(found, exact.slogdet().logabsdet, atol=1e-5, rtol=0)


def test_whitening_undoes_its_inverse(rng):
    layer, context, z = whitened(rng)
    back, _ = layer(layer.inverse(z, context)[0], context)
    torch.testing.assert_close(back, z, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("member", [0, 1])
def test_a_flows_log_density_is_the_bases_and_the_jacobians(edges, rng, member):
    """log q(x) of a draw = log base(z) - log |det dx/dz| by autodiff, through every stage."""
    built = flow(3, edges)
    context = torch.randn(2, 1, 3, generator=rng).double()
    noise = torch.randn(2, 1, 1, 3, generator=rng).double()

    def draw(z):
        rows = noise.clone()
        rows[member, 0, 0] = z
        return built.sample(rows, context).draws[member, 0, 0]

    z = noise[member, 0, 0]
    exact = built.base.log_prob(z[None, None]) - jacobian(draw, z).slogdet().logabsdet
    found = built.log_prob(draw(z).expand(2, 1, 3), context)[member, 0]
    torch.testing.assert_close(found, exact[0, 0], atol=1e-5, rtol=1e-5)


def test_in_single_precision_densities_of_draws_agree_to_a_hundredth(edges, rng):
    built = build_flow([generator(0), generator(1)], SETTINGS, bounds(2, *edges), bounds(C))
    for weight in built.parameters():
        weight.data += 0.05 * torch.randn(weight.shape, generator=rng)
    context = torch.randn(2, 200, 3, generator=rng)
    with torch.no_grad():
        sample = built.sample(built.noise([generator(1), generator(2)], 200, 5), context)
        again = built.log_prob(sample.draws.flatten(1, 2), context.repeat_interleave(5, 1))
    gap = (sample.log_prob.flatten(1) - again).abs()
    assert gap.max() < 0.01 and gap.median() < 1e-5

"""A coordinate below a bound that each data set sets: the density there, its draws, rounding."""

import math

import pytest
import torch
from designs import flow_settings

from jana.flows.capped import Capped
from jana.recipes import build_flow
from jana.rng import generator

SETTINGS = flow_settings(warps="GSS", mixing="none")
LOW, HIGH, C = 0.2, 1.0, 3
PLACES = [(1, 0), (2, 0), (2, 1)]  # how many coordinates, and which of them is capped


def target(dim, place, low=LOW, high=HIGH):
    """The others lie anywhere."""
    edges = torch.full((dim,), -torch.inf), torch.full((dim,), torch.inf)
    edges[0][place], edges[1][place] = low, high
    return edges


def start(dim, place, capped=True, **edges):
    """Before training, and before anything is set from data."""
    given = torch.full((C,), -torch.inf), torch.full((C,), torch.inf)
    where = place if capped else None
    rngs = [generator(1), generator(2)]
    return build_flow(rngs, SETTINGS, target(dim, place, **edges), given, where)


def contexts(rows, seed=5):
    """The last number is the bound."""
    rng = generator(seed)
    caps = LOW + (HIGH - LOW) * (0.02 + 0.98 * torch.rand(rows, 1, generator=rng))
    return torch.cat([torch.randn(rows, C - 1, generator=rng), caps], -1)


def bent(dim, place, capped=True):
    """Set from data, and away from where it starts."""
    found, context, rng = start(dim, place, capped), contexts(500), generator(6)
    x = torch.randn(500, dim, generator=rng) + context[:, :1]
    x[:, place] = LOW + (context[:, -1] - LOW) * torch.sigmoid(x[:, place] + context[:, 1])
    found.set_from(x, context)
    for weight in found.parameters():
        weight.data += 0.05 * torch.randn(weight.shape, generator=rng)
    return found.requires_grad_(False)


def shared(context):
    return context.expand(2, *context.shape)


@pytest.mark.parametrize("dim, place", PLACES)
def test_the_density_integrates_to_one_below_the_bound(dim, place):
    """Over a grid that is even where the support is opened, and so dense at the bounds."""
    built, context = bent(dim, place).double(), contexts(3, seed=7).double()
    edges = torch.linspace(-10, 10, 2001 if dim == 1 else 401, dtype=torch.float64)
    inner = (edges[1:] + edges[:-1]) / 2
    opened = torch.cartesian_prod(*[inner] * dim).reshape(1, -1, dim).expand(2, -1, dim)
    for row in context:
        told = row.expand(2, opened.shape[1], C)
        grid, log_width = built.support.inverse(opened, built.standardize(told))
        narrower = (row[-1] - LOW) / (HIGH - LOW)
        grid[..., place] = LOW + (grid[..., place] - LOW) * narrower
        density = (built.log_prob(grid, told) + log_width + narrower.log()).exp()
        total = density.sum(1) * float(inner[1] - inner[0]) ** dim
        torch.testing.assert_close(total, torch.ones(2).double(), atol=0.01, rtol=0)


def test_before_anything_is_known_the_density_is_uniform_up_to_the_bound():
    built, context = start(1, 0), contexts(50)
    x = LOW + (context[:, -1:] - LOW) * torch.rand(50, 1, generator=generator(1))
    found = built.log_prob(shared(x), shared(context))
    torch.testing.assert_close(found, shared(-(context[:, -1] - LOW).log()), atol=1e-3, rtol=0)


def test_before_training_it_is_the_regression_of_shares_of_the_way_to_the_bound():
    """Uniform ones, for every bound: 6 numbers from 4,000 rows, 0.001 nats expected."""
    built, context = start(1, 0), contexts(4000)
    x = LOW + (context[:, -1:] - LOW) * torch.rand(4000, 1, generator=generator(1))
    built.set_from(x, context)
    gap = -(context[:, -1] - LOW).log() - built.log_prob(shared(x), shared(context))
    assert (gap.mean(1).abs() < 0.01).all()


@pytest.mark.parametrize("dim, place", PLACES)
def test_a_draws_log_density_is_the_flows(dim, place):
    built, context = bent(dim, place).double(), shared(contexts(6, seed=7).double())
    sample = built.sample(built.noise([generator(1), generator(2)], 6, 50).double(), context)
    again = built.log_prob(sample.draws.flatten(1, 2), context.repeat_interleave(50, 1))
    torch.testing.assert_close(sample.log_prob.flatten(1), again, atol=1e-5, rtol=1e-5)


def test_in_single_precision_densities_of_draws_agree_to_a_hundredth():
    """But for draws that are next to the bound, where the last digit is much."""
    built, context = bent(2, 1), shared(contexts(200, seed=7))
    sample = built.sample(built.noise([generator(1), generator(2)], 200, 5), context)
    again = built.log_prob(sample.draws.flatten(1, 2), context.repeat_interleave(5, 1))
    gap = (sample.log_prob.flatten(1) - again).abs()
    near = (context[..., -1:] - sample.draws[..., 1] < 1e-5).flatten(1)
    assert near.float().mean() < 0.01
    assert gap[~near].max() < 0.01 and gap.median() < 1e-5


@pytest.mark.parametrize("dim, place", PLACES)
def test_no_draw_is_at_the_bound_or_above_it_however_extreme(dim, place):
    built, context = bent(dim, place), shared(contexts(300, seed=7))
    noise = torch.tensor([-1e4, -9.0, 9.0, 1e4])[:, None].expand(2, 300, 4, dim)
    sample = built.sample(noise, context)
    found, cap = sample.draws[..., place], context[..., -1:]
    assert (found >= LOW).all() and (found < cap).all()
    assert (found.amax(-1) > cap[..., 0] - 1e-3).all()  # near it
    again = built.log_prob(sample.draws.flatten(1, 2), context.repeat_interleave(4, 1))
    assert again.isfinite().all()


@pytest.mark.parametrize("low, high", [(0.2, 1.0), (-1.0, 2.0), (0.0, 1.0)])
def test_the_last_number_below_the_bound_has_a_density_and_the_bound_has_none(low, high):
    """Wherever rounding carries them."""
    built, rng = start(1, 0, low=low, high=high), generator(1)
    cap = low + (high - low) * torch.cat([torch.rand(20_000, 1, generator=rng), torch.ones(1, 1)])
    context = shared(torch.cat([torch.zeros(len(cap), C - 1), cap], -1))
    last = torch.nextafter(cap, torch.tensor(low))
    assert built.log_prob(shared(last), context).isfinite().all()
    for beyond in (cap, torch.nextafter(cap, torch.tensor(9.0)), cap + 0.01, cap + 9.0):
        assert (built.log_prob(shared(beyond), context) == -math.inf).all()


def test_below_the_least_value_there_is_no_density():
    built, context = start(1, 0), shared(contexts(200))
    low = built.support.low.expand(2, 200, 1)
    assert built.log_prob(low, context).isfinite().all()
    assert (built.log_prob(torch.nextafter(low, low - 1), context) == -math.inf).all()


def test_the_other_coordinates_are_not_bound():
    built, context = bent(2, 1), shared(contexts(4))
    x = torch.tensor([30.0, LOW + 1e-3]).expand(2, 4, 2)
    assert built.log_prob(x, context).isfinite().all()


@pytest.mark.parametrize("dim, place", PLACES)
def test_with_the_bound_of_all_data_sets_it_is_a_flow(dim, place):
    built, plain = bent(dim, place), start(dim, place, capped=False)
    plain.requires_grad_(False).load_state_dict(built.state_dict())
    assert isinstance(built, Capped) and not isinstance(plain, Capped)
    context = contexts(40, seed=7)
    context[:, -1] = HIGH
    noise = built.noise([generator(1), generator(2)], 40, 3)
    found, expected = (flow.sample(noise, shared(context)) for flow in (built, plain))
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)
    x = expected.draws[:, :, 0]
    found, expected = (flow.log_prob(x, shared(context)) for flow in (built, plain))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)

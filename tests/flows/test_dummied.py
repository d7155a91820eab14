"""A flow with a dummy coordinate: a density of the data where it is exact, a slice where not."""

import math

import pytest
import torch
from designs import flow_settings

from jana.flows.dummied import Dummied
from jana.flows.flow import Flow
from jana.recipes import build_flow
from jana.rng import generator

C = 2
PLAIN = {"kit": "published", "warps": "AA", "start": "none", "bounded": False, "dummy": True}


def built(**changes):
    edges = [torch.full((size,), math.inf) for size in (1, C)]
    settings = flow_settings(**PLAIN | changes)
    rngs = [generator(0), generator(1)]
    return build_flow(rngs, settings, *((-edge, edge) for edge in edges))


def moved(flow, by=0.2):
    """The flow away from where it starts."""
    rng = generator(7)
    for weight in flow.parameters():
        weight.data += by * torch.randn(weight.shape, generator=rng)
    return flow.eval().requires_grad_(False)


def normal(z, sd=1.0):
    return -0.5 * (z / sd).square() - math.log(sd * math.sqrt(2 * math.pi))


def data(rng, rows=500):
    """x is N(c_1, 1/2) given a context."""
    context = torch.randn(2, rows, C, generator=rng)
    return context[..., :1] + 0.5 * torch.randn(2, rows, 1, generator=rng), context


def test_at_its_start_it_is_a_standard_normal_of_one_coordinate(rng):
    flow, (x, context) = built().eval(), data(rng)
    assert isinstance(flow, Dummied) and flow.dim == 2
    torch.testing.assert_close(flow.log_prob(x, context), normal(x[..., 0]))


def test_in_judging_the_dummy_is_zero_and_its_density_is_divided_out(rng):
    flow, (x, context) = moved(built()), data(rng)
    both = Flow.log_prob(flow, torch.cat([x, torch.zeros_like(x)], -1), context)
    torch.testing.assert_close(flow.log_prob(x, context), both + 0.9189385)


def test_in_training_the_dummy_is_new_in_every_step_and_each_members_own(rng):
    flow, (x, context) = moved(built()).train(), data(rng)
    x, context = x[:1].expand(2, -1, -1), context[:1].expand(2, -1, -1)
    flow.masks.rngs = [generator(1), generator(2)]
    first, second = flow.log_prob(x, context), flow.log_prob(x, context)
    assert not torch.equal(first, second)
    flow.masks.rngs = [generator(1), generator(2)]
    torch.testing.assert_close(flow.log_prob(x, context), first, rtol=0, atol=0)
    dummy = torch.stack([torch.randn(500, 1, generator=generator(seed)) for seed in (1, 2)])
    assert not torch.equal(*dummy)
    both = Flow.log_prob(flow.eval(), torch.cat([x, dummy], -1), context)
    torch.testing.assert_close(first, both - normal(dummy[..., 0]))


def test_draws_are_those_of_both_coordinates_without_the_dummy(rng):
    flow, context = moved(built()), torch.randn(2, 30, C, generator=rng)
    noise = flow.noise([generator(3), generator(4)], 30, 7)
    assert noise.shape == (2, 30, 7, 2)
    made, both = flow.sample(noise, context), Flow.sample(flow, noise, context)
    assert made.draws.shape == (2, 30, 7, 1)
    assert torch.equal(made.draws, both.draws[..., :1])
    torch.testing.assert_close(made.log_prob, both.log_prob - normal(both.draws[..., 1]))


def integral(flow, context):
    """Over the data, of the density at each context."""
    grid = torch.linspace(-12, 12, 4001)
    rows = context.shape[1]
    x = grid.repeat(2, rows)[..., None]
    with torch.no_grad():
        density = flow.log_prob(x, context.repeat_interleave(len(grid), 1)).exp()
    return torch.trapezoid(density.unflatten(1, (rows, -1)), grid, dim=-1)


def test_the_density_of_a_flow_that_is_not_exact_need_not_integrate_to_one(rng):
    """It is a slice; at the start, where the dummy is independent, it does."""
    context = torch.randn(2, 5, C, generator=rng)
    torch.testing.assert_close(integral(built().eval(), context), torch.ones(2, 5))
    assert (integral(moved(built()), context) - 1).abs().max() > 0.02


def test_it_learns_a_density_that_is_known(rng):
    """Of N(c_1, 1/2), from 250 steps of 300: a KL divergence of .05 nats at most, from .8."""
    flow = built().train()
    flow.masks.rngs = [generator(1), generator(2)]
    adam = torch.optim.Adam(flow.parameters(), 5e-3)
    for _ in range(250):
        adam.zero_grad()
        (-flow.log_prob(*data(rng, 300)).mean()).backward()
        adam.step()
    flow.eval()
    x, context = data(rng, 4000)
    with torch.no_grad():
        gap = normal((x - context[..., :1])[..., 0], 0.5) - flow.log_prob(x, context)
        noise = flow.noise([generator(3), generator(4)], 4000, 1)
        made = flow.sample(noise, context).draws[:, :, 0] - context[..., :1]
    assert gap.mean(1).abs().max() < 0.05
    assert made.mean((1, 2)).abs().max() < 0.08 and (made.std((1, 2)) - 0.5).abs().max() < 0.08
    assert (integral(flow, context[:, :5]) - 1).abs().max() < 0.2


def test_where_flows_start_as_regressions_so_does_this_one(rng):
    """Before training within .02 nats of the linear model that the data have."""
    flow = built(kit="own", start="regression", mixing="none")
    (x, context), (other, given) = data(rng, 4000), data(rng, 2000)
    flow.set_from(x[0], context[0])
    with torch.no_grad():
        found = flow.eval().log_prob(other, given)
    gap = normal((other - given[..., :1])[..., 0], 0.5) - found
    assert gap.mean(1).abs().max() < 0.02


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_dropout_and_dummy_come_from_the_same_generators(dropout, rng):
    flow, (x, context) = built(dropout=dropout).train(), data(rng)
    flow.masks.rngs = [generator(1), generator(2)]
    assert flow.log_prob(x, context).isfinite().all()

"""The paper's soft flow of outcomes that are 0 or 1."""

import math
from dataclasses import replace

import pytest
import torch
from designs import flow_settings, training

from jana import recipes, simulators
from jana.designs import Design, SummarySettings
from jana.flows.soft import LEAST, Soft
from jana.inference import surrogate
from jana.recipes import build_flow
from jana.rng import generator
from jana.simulators import spikes

C = 2


@pytest.fixture
def soft():
    edge = torch.full((C + 1,), math.inf)
    settings = flow_settings(kit="published", warps="SS", start="none")
    flow = build_flow([generator(0), generator(1)], settings, (-edge[:2], edge[:2]), (-edge, edge))
    return Soft(flow)


def outcomes(rng, rows=400):
    context = torch.randn(2, rows, C, generator=rng)
    chance = torch.sigmoid(2 * context[..., :1])
    return (torch.rand(chance.shape, generator=rng) < chance).float(), context


def test_in_judging_the_noise_is_always_the_same_and_small(soft, rng):
    """Untrained, the flow is a standard normal of (outcome, dummy): known but for the noise."""
    soft.eval()
    x, context = torch.ones(2, 500, 1), torch.randn(2, 500, C, generator=rng)
    with torch.no_grad():
        found = soft.log_prob(x, context)
        assert torch.equal(found, soft.log_prob(x, context))
        # Whatever the rows it is asked with: so a chunk's place changes nothing.
        torch.testing.assert_close(soft.log_prob(x[:, 7:9], context[:, 7:9]), found[:, 7:9])
    # The mean of log N(1 + noise) + log N(dummy + noise): its places have mean 0 and square 1.
    expected = -math.log(2 * math.pi) - 0.5 * (1 + LEAST**2) - 0.5 * (1 + LEAST**2)
    assert float(found.mean()) == pytest.approx(expected, abs=2e-3)


def test_in_training_noise_is_new_in_every_step_and_each_members_own(soft, rng):
    x, context = outcomes(rng)
    soft.train()
    soft.masks.rngs = [generator(1), generator(2)]
    one, two = soft.log_prob(x, context), soft.log_prob(x, context)
    assert not torch.equal(one, two)
    soft.masks.rngs = [generator(1), generator(2)]
    assert torch.equal(soft.log_prob(x, context), one)
    same = x[:1].expand(2, -1, -1), context[:1].expand(2, -1, -1)
    assert not torch.equal(*soft.log_prob(*same))


def test_it_learns_the_chance_and_draws_outcomes_with_it(soft, rng):
    """Shares of 4,000 draws, of a small network: within .15 of .12 and .88; untrained, .36."""
    soft.train()
    soft.masks.rngs = [generator(1), generator(2)]
    adam = torch.optim.Adam(soft.parameters(), 5e-3)
    for _ in range(1000):
        x, context = outcomes(rng)
        adam.zero_grad()
        (-soft.log_prob(x, context).mean()).backward()
        adam.step()
    soft.eval()
    for sign in (-1.0, 1.0):
        context = torch.zeros(2, 1, C) + torch.tensor([sign, 0.0])
        with torch.no_grad():
            made = soft.sample(soft.noise([generator(3), generator(4)], 1, 4000), context).draws
        assert made.shape == (2, 1, 4000, 1) and torch.equal(made, made.round().abs())
        share = (made == 1).double().mean((1, 2, 3))
        expected = float(torch.sigmoid(torch.tensor(2 * sign)))
        assert (share - expected).abs().max() < 0.15


def test_a_pair_with_one_makes_data_sets_with_the_designs_it_is_given(rng):
    simulator = simulators.get("bernoulli_glm_raw")
    flow = flow_settings(kit="published", warps="S", start="none", bounded=False)
    summary = SummarySettings((8, 8), 3, kit="published")
    design = Design(flow, replace(flow, soft=True), training(), summary)
    pairs = simulator.draw(rng, 4)
    model = recipes.build_joint(design, simulator, tuple(pairs.x.shape[1:]), [1, 2]).eval()
    theta, x = model.shared(*pairs)
    made = surrogate.simulate(model, [generator(1), generator(2)], theta, x, 3)
    assert made.shape == (2, 4, 3, spikes.TRIALS, 1 + spikes.TAPS)
    assert torch.equal(made[..., 1:], x[:, :, None, :, 1:].expand_as(made[..., 1:]))
    assert torch.equal(made[..., 0], made[..., 0].round().abs())
    assert surrogate.log_likelihood(model, theta, x).isfinite().all()

"""Outcomes of 0 or 1 given a design: the regression, the network beyond it, draws."""

import pytest
import torch
from designs import pair

from jana import simulators
from jana.flows.bernoulli import Bernoulli
from jana.inference import draws, surrogate
from jana.networks.mlp import Style
from jana.recipes import generators
from jana.rng import generator

SEEDS = [1, 2]
WHOLE = torch.full((2,), -torch.inf), torch.full((2,), torch.inf)


def built(seeds=SEEDS, decay=0.0, dropout=0.0):
    style = Style((8, 8), decay=decay, dropout=dropout)
    return Bernoulli([generator(seed) for seed in seeds], WHOLE, 3, style)


def data(n=20_000):
    """A generalized linear model: 0.5 theta_1 + theta_2 v_1 - v_2."""
    rng = generator(5)
    context = torch.randn(n, 5, generator=rng)
    log_odds = 0.5 * context[:, 0] + context[:, 1] * context[:, 2] - context[:, 3]
    outcome = (torch.rand(n, generator=rng) < torch.sigmoid(log_odds)).float()
    return outcome[:, None], context, log_odds


def test_the_start_is_the_logistic_regression_with_products():
    outcome, context, log_odds = data()
    found = built()
    found.set_from(outcome, context)
    with torch.no_grad():
        ours = found.log_odds(context.expand(2, -1, -1))
    # 11 slopes from 20,000 trials: standard errors of .02 or so each
    assert float((ours[0] - log_odds).square().mean().sqrt()) < 0.1
    assert torch.equal(ours[0], ours[1])


def test_outcomes_that_are_all_alike_give_finite_slopes():
    _, context, _ = data(500)
    found = built()
    found.set_from(torch.ones(500, 1), context)
    assert found.slope.isfinite().all() and float(found.offset) > 3
    assert found.log_odds(context.expand(2, -1, -1)).isfinite().all()


def test_probabilities_of_both_outcomes_add_up_to_one(rng):
    found = built()
    for weight in found.parameters():
        weight.data += 0.3 * torch.randn(weight.shape, generator=rng)
    context = torch.randn(2, 50, 5, generator=rng)
    both = [found.log_prob(torch.full((2, 50, 1), value), context).exp() for value in (0.0, 1.0)]
    torch.testing.assert_close(both[0] + both[1], torch.ones(2, 50))
    assert (both[0][0] != both[0][1]).any()  # members differ


def test_draws_come_as_often_as_their_probability_says(rng):
    found = built()
    for weight in found.parameters():
        weight.data += 0.3 * torch.randn(weight.shape, generator=rng)
    context = torch.randn(2, 5, 5, generator=rng)
    noise = found.noise([generator(1), generator(2)], 5, 40_000)
    with torch.no_grad():
        sample = found.sample(noise, context)
        chance = torch.sigmoid(found.log_odds(context))
        again = found.log_prob(sample.draws[:, :, 7], context)
    torch.testing.assert_close(sample.draws[..., 0].mean(2), chance, atol=5 * 0.5 / 200, rtol=0)
    torch.testing.assert_close(sample.log_prob[:, :, 7], again)


def test_a_member_does_what_it_would_alone(rng):
    both, alone = built(), built([2])
    context = torch.randn(2, 9, 5, generator=rng)
    for weight in [*both.network.last.parameters(), *alone.network.last.parameters()]:
        weight.data += 0.1
    torch.testing.assert_close(both.log_odds(context)[1:], alone.log_odds(context[1:]))


def test_hidden_weights_decay_and_dropout_is_drawn():
    found = built(decay=0.1, dropout=0.5).train()
    assert len(found.decay()) == 3 and all(
        float(f) == pytest.approx(0.1) for f in found.decay().values()
    )
    for weight in found.network.last.parameters():
        weight.data += 0.1
    context = torch.randn(2, 9, 5, generator=generator(1))
    found.masks.rngs = [generator(1), generator(2)]
    assert (found.log_odds(context) != found.log_odds(context)).any()


@pytest.fixture(scope="module")
def model():
    simulator = simulators.get("bernoulli_glm_raw")
    made = pair("bernoulli_glm_raw", SEEDS)
    made.set_from(*simulator.draw(generator(1), 2000))
    return made.eval().requires_grad_(False), *made.shared(*simulator.draw(generator(2), 6))


def test_the_regression_alone_is_nearly_the_exact_likelihood(model):
    made, theta, x = model
    exact = simulators.get("bernoulli_glm_raw").log_likelihood(theta[0], x[0])
    found = made.log_likelihood(theta, x)[0]
    torch.testing.assert_close(found, exact, atol=3.0, rtol=0)
    assert float((found - exact).abs().mean()) < 1.0


def test_surrogate_data_have_the_design_that_they_are_given(model):
    made, theta, x = model
    found = surrogate.simulate(made, generators(SEEDS, "a"), theta, x, 3)
    assert found.shape == (2, 6, 3, 100, 10)
    design = x[:, :, None, :, 1:].expand(-1, -1, 3, -1, -1)
    assert torch.equal(found[..., 1:], design)
    assert set(found[..., 0].unique().tolist()) == {0.0, 1.0}
    assert (found[:, :, 0, :, 0] != found[:, :, 1, :, 0]).any()
    again = made.surrogate(generators(SEEDS, "a"), theta, x)
    assert torch.equal(again[..., 1:], x[..., 1:]) and again.shape == x.shape


def test_joint_draws_keep_the_design_and_have_new_outcomes(model):
    made, theta, x = model
    fake, found = draws.joint_draws(made, generators(SEEDS, "a"), theta, x, 5)
    assert torch.equal(fake[..., 1:], x[..., 1:]) and (fake[..., 0] != x[..., 0]).any()
    assert found.draws.shape == (2, 6, 5, 10)


def test_surrogate_outcomes_follow_theta(model):
    """An offset of -3 or 3: so are the shares of ones."""
    made, _, x = model
    theta = torch.zeros(2, 6, 10)
    theta[:, :3, 0], theta[:, 3:, 0] = -3.0, 3.0
    share = surrogate.simulate(made, generators(SEEDS, "a"), theta, x, 20)[..., 0].mean((2, 3))
    assert (share[:, :3] < 0.15).all() and (share[:, 3:] > 0.85).all()

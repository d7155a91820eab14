"""Response times: a density on its exact support, its draws, and the regression it starts as."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from jana import simulators
from jana.flows.response import Response
from jana.flows.spline import Spline
from jana.networks.mlp import Style
from jana.rng import generator

TASK = simulators.get("drift_diffusion")
EDGES = TASK.prior.low, TASK.prior.high
SHIFT = TASK.x_shift
SEEDS = [1, 2]
GRID = torch.linspace(-12, 8, 10_001, dtype=torch.float64)  # log of the time above the shift


def built(seeds=SEEDS, **style):
    rngs = [generator(seed) for seed in seeds]
    return Response(rngs, EDGES, SHIFT, [Spline(), Spline(6, 3.0)], Style((16, 16), **style))


def bent(seeds=SEEDS):
    """Set from data, and far from its start: odds, means, scales and splines all vary."""
    found, rng = built(seeds), generator(7)
    theta, x = TASK.draw(generator(8), 300)
    found.set_from(x.flatten(0, 1), theta.repeat_interleave(x.shape[1], 0))
    for weight in found.parameters():
        weight.data += 0.15 * torch.randn(weight[:1].shape, generator=rng)
    found.network.last.weight.data[1:] *= -1
    return found.requires_grad_(False)


def given(rows=4, seed=9):
    return TASK.prior.sample(generator(seed), rows).expand(2, -1, -1)


def over_both(theta):
    """Trials that cover all times of both responses: negative ones from the latest on."""
    above = theta.double()[..., SHIFT, None] + GRID.exp()
    return torch.cat([-above.flip(-1), above], -1)[..., None]


def masses(found, theta):
    """Probabilities of the cells of that grid."""
    density = found.double().log_prob_of_trials(theta.double(), over_both(theta)).exp()
    return density * torch.cat([GRID.flip(0), GRID]).exp() * float(GRID[1] - GRID[0])


def test_the_density_integrates_to_one_over_both_responses():
    total = masses(bent(), given()).sum(-1)
    torch.testing.assert_close(total, torch.ones(2, 4).double(), atol=1e-3, rtol=0)


def test_at_the_shift_and_below_there_is_no_density_and_just_above_there_is():
    theta, found = given(), bent()
    shift = theta[..., SHIFT]
    for sign in (1, -1):
        for time, possible in [
            (torch.zeros_like(shift), False),
            (0.5 * shift, False),
            (shift, False),
            (torch.nextafter(shift, shift + 1), True),
        ]:
            density = found.log_prob((sign * time)[..., None], theta)
            assert (density.isfinite() if possible else density == -math.inf).all()


def test_draws_follow_the_density():
    """Kolmogorov-Smirnov of 20,000 signed times (false alarms: 1 in 1,000 of all eight)."""
    found, theta = bent(), given()
    draws = found.sample(found.noise([generator(1), generator(2)], 4, 20_000), theta).draws
    cells, grid = masses(found, theta), over_both(theta)[..., 0]
    below = cells.cumsum(-1) - cells / 2
    for member in range(2):
        for row in range(4):
            known = grid[member, row].numpy(), below[member, row].numpy()
            y = draws[member, row, :, 0].numpy()
            assert kstest(y, lambda y, known=known: np.interp(y, *known)).pvalue > 1e-4


def test_positive_responses_come_as_often_as_their_odds_say():
    """5 standard errors of 40,000 draws."""
    found, theta = bent(), given()
    draws = found.sample(found.noise([generator(1), generator(2)], 4, 40_000), theta).draws
    chance = masses(found, theta)[..., len(GRID) :].sum(-1).float()
    assert chance.max() - chance.min() > 0.2
    share = (draws[..., 0] > 0).float().mean(-1)
    torch.testing.assert_close(share, chance, atol=5 * 0.5 / 200, rtol=0)


@pytest.mark.parametrize("precision, within", [(torch.float64, 1e-8), (torch.float32, 0.01)])
def test_a_draws_log_density_is_the_models(precision, within):
    found, theta = bent().to(precision), given().to(precision)
    noise = found.noise([generator(1), generator(2)], 4, 200).to(precision)
    sample = found.sample(noise, theta)
    again = found.log_prob_of_trials(theta, sample.draws)
    torch.testing.assert_close(sample.log_prob, again, atol=within, rtol=within)


def test_one_trial_has_the_density_that_it_has_among_others():
    found, theta = bent(), given()
    x = found.sample(found.noise([generator(1), generator(2)], 4, 5), theta).draws
    together = found.log_prob_of_trials(theta, x)
    alone = torch.stack([found.log_prob(x[:, :, trial], theta) for trial in range(5)], -1)
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("latent", [-1e4, -40.0, 40.0])
def test_no_draw_is_at_the_shift_or_below_it_however_extreme(latent):
    found, theta = bent(), given()
    noise = torch.tensor([[0.0, latent], [1 - 2.0**-24, latent]]).expand(2, 4, 2, 2)
    draws = found.sample(noise, theta).draws[..., 0]
    assert (draws.sign() == torch.tensor([1.0, -1.0])).all()
    assert (draws.abs() > theta[..., SHIFT, None]).all()


def test_the_shift_does_nothing_but_shift():
    found, theta = bent().double(), given().double()
    noise = found.noise([generator(1), generator(2)], 4, 5).double()
    later = theta.clone()
    later[..., SHIFT] += 0.125
    one, other = found.sample(noise, theta), found.sample(noise, later)
    moved = one.draws + 0.125 * one.draws.sign()
    torch.testing.assert_close(other.draws, moved)
    torch.testing.assert_close(other.log_prob, one.log_prob)


def test_another_members_weights_leave_a_member_as_it_is():
    found, theta = bent(), given()
    noise = found.noise([generator(1), generator(2)], 4, 5)
    before = found.sample(noise, theta)
    density = found.log_prob_of_trials(theta, before.draws)
    for weight in found.parameters():
        weight.data[0] += 0.1
    after = found.sample(noise, theta)
    again = found.log_prob_of_trials(theta, before.draws)
    for one, other in [*zip(before, after, strict=True), (density, again)]:
        assert torch.equal(one[1], other[1]) and not torch.equal(one[0], other[0])


def test_a_member_does_what_it_would_alone():
    both, alone, theta = bent(), built([9]), given()
    shared = ("standardize.", "slope", "offset", "sd", "log_odds")
    alone.load_state_dict(
        {k: v if k.startswith(shared) else v[1:] for k, v in both.state_dict().items()}
    )
    x = both.sample(both.noise([generator(1), generator(2)], 4, 5), theta).draws
    found = alone.log_prob_of_trials(theta[1:], x[1:])
    torch.testing.assert_close(both.log_prob_of_trials(theta, x)[1:], found)


def test_a_member_starts_as_it_would_alone_with_noise_of_its_own():
    both, alone = dict(built([1, 2]).named_parameters()), dict(built([2]).named_parameters())
    assert all(torch.equal(both[key][1:], value) for key, value in alone.items())
    noise = built().noise([generator(1), generator(2)], 3, 400)
    assert noise.shape == (2, 3, 400, 2) and not torch.equal(noise[0], noise[1])
    assert torch.equal(noise[1:], built([2]).noise([generator(2)], 3, 400))
    assert kstest(noise[..., 0].flatten().numpy(), "uniform").pvalue > 1e-3
    assert kstest(noise[..., 1].flatten().numpy(), "norm").pvalue > 1e-3


def test_gradients_by_theta_are_those_of_finite_differences():
    """Not of times that are next to the shift, whose densities bend within a millionth."""
    found, theta = bent().double(), given().double().clone().requires_grad_()
    above = torch.tensor([0.1, -0.2, 0.5, -1.5])
    x = (theta.detach()[..., SHIFT, None] * above.sign() + above)[..., None]
    assert torch.autograd.gradcheck(lambda theta: found.log_prob_of_trials(theta, x), theta)


def test_gradients_are_finite_where_some_trials_are_impossible():
    found, theta = bent().requires_grad_(True), given().clone().requires_grad_()
    x = torch.tensor([0.1, -0.1, 1.5, -1.5, 1e4]).expand(2, 4, 5)[..., None]
    density = found.log_prob_of_trials(theta, x)
    density.where(density.isfinite(), 0.0).sum().backward()
    assert density.isfinite().any() and not density.isfinite().all()
    assert theta.grad.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in found.parameters())


def test_the_start_is_the_regression_of_log_times_and_the_share_of_responses():
    """Log-normal times, other ones for each response: 10 numbers of 20,000 trials, 0.001 nats."""
    rng = generator(3)
    theta = TASK.prior.sample(rng, 20_000)
    positive = torch.rand(len(theta), generator=rng) < 0.7
    mean = torch.where(positive, 0.2 * theta[:, 0], theta[:, 1] - theta[:, 3])
    sd = torch.where(positive, 0.3, 0.6)
    log_time = mean + sd * torch.randn(len(theta), generator=rng)
    x = torch.where(positive, 1.0, -1.0) * (theta[:, SHIFT] + log_time.exp())
    exact = torch.distributions.LogNormal(mean, sd).log_prob(x.abs() - theta[:, SHIFT])
    exact = exact + torch.where(positive, 0.7, 0.3).log()
    found = built()
    found.set_from(x[:, None], theta)
    with torch.no_grad():
        ours = found.log_prob(x[:, None].expand(2, -1, 1), theta.expand(2, -1, -1))
    assert torch.equal(ours[0], ours[1])
    assert abs(float((exact - ours[0]).mean())) < 0.002


@pytest.mark.parametrize("sign", [1, -1])
def test_a_response_that_was_never_seen_has_a_finite_density_and_a_small_chance(sign):
    theta, x = TASK.draw(generator(1), 50)
    found = built()
    found.set_from(sign * x.flatten(0, 1).abs(), theta.repeat_interleave(x.shape[1], 0))
    theta = theta.expand(2, -1, -1)
    with torch.no_grad():
        for one in (x.abs(), -x.abs()):
            assert found.log_prob_of_trials(theta, one.expand(2, *x.shape)).isfinite().all()
        draws = found.sample(found.noise([generator(1), generator(2)], 50, 400), theta).draws
    assert 0 < float((draws.sign() != sign).float().mean()) < 0.002


def test_hidden_weights_decay_and_dropout_is_drawn():
    found = built(decay=0.1, dropout=0.5).train()
    decay = found.decay()
    assert len(decay) == 3 and all(float(by) == pytest.approx(0.1) for by in decay.values())
    assert all(weight is not found.network.last.weight for weight in decay)
    for weight in found.network.last.parameters():
        weight.data += 0.1
    x = torch.full((2, 4, 1), 1.5)
    found.masks.rngs = [generator(1), generator(2)]
    assert (found.log_prob(x, given()) != found.log_prob(x, given())).any()

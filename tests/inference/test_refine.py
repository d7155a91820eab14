"""Refined draws: the likelihood network corrects the posterior network, or nothing is done."""

import math

import pytest
import torch
from designs import flow_settings, pair
from scipy.stats import kstest

from jana import simulators
from jana.inference import draws, refine
from jana.recipes import generators
from jana.rng import generator

SEEDS, TASK = [1, 2], "gaussian_linear"
SIMULATOR = simulators.get(TASK)
EXACT_SD = 0.1 / math.sqrt(2)


def model_of(spread):
    """Nearly exact for the conjugate Gaussian, but for its posterior's `spread` times the sd."""
    built = pair(TASK, SEEDS, flow_settings(mixing="none"))
    built.set_from(*SIMULATOR.draw(generator(0), 20_000))
    whitening = built.posterior.whitening
    whitening.whiten /= spread
    whitening.colour *= spread
    whitening.log_det -= 10 * math.log(spread)
    return built.eval().requires_grad_(False)


def refined(spread, n=200, proposals=20, sets=4):
    model = model_of(spread)
    _, x = model.shared(*SIMULATOR.draw(generator(3), sets))
    rngs = generators(SEEDS, "a")
    return refine.refined(model, rngs, SIMULATOR.prior.log_prob, x, n, proposals), model, x


@pytest.fixture(scope="module")
def widened():
    return refined(1.25)


def test_a_posterior_that_is_too_wide_is_refined_to_the_right_spread(widened):
    """80 columns of 200 draws each: direct ones are 25 % too wide, refined ones right to 4 %."""
    found, model, x = widened
    direct = draws.posterior_draws(model, generators(SEEDS, "a"), x, 200).draws
    assert float((direct - x[:, :, None] / 2).std()) == pytest.approx(1.25 * EXACT_SD, rel=0.03)
    assert found.chosen.all() and (found.khat < 0.7).all()
    assert float((found.draws - x[:, :, None] / 2).std()) == pytest.approx(EXACT_SD, rel=0.04)


def test_refined_draws_follow_the_exact_posterior(widened):
    """One column of each data set (200 draws; false alarm: 1 in 1,000 each of 8)."""
    found, _, x = widened
    z = (found.draws - x[:, :, None] / 2) / EXACT_SD
    for column in z[..., 0].flatten(0, 1):
        assert kstest(column.numpy(), "norm").pvalue > 1e-3


def test_where_the_posterior_is_right_refining_leaves_it_so():
    found, _, x = refined(1.0)
    assert found.chosen.all()
    assert float((found.draws - x[:, :, None] / 2).std()) == pytest.approx(EXACT_SD, rel=0.04)


def test_few_draws_stand_twice(widened):
    """Only those whose weight is more than one of the draws wanted."""
    found, _, _ = widened
    for rows in found.draws.flatten(0, 1):
        assert len(rows.unique(dim=0)) > 0.9 * len(rows)


def test_draws_are_chosen_in_proportion_to_their_weights():
    """Each as often as its share of the draws says, or one more or less; ties go nowhere else."""
    weights = torch.rand(2, 3, 500, generator=generator(1), dtype=torch.float64) ** 8
    weights /= weights.sum(-1, keepdim=True)
    found = refine._systematic([generator(2), generator(3)], weights, 200)
    for order, weight in zip(found.flatten(0, 1), weights.flatten(0, 1), strict=True):
        counts = torch.bincount(order, minlength=500)
        assert ((counts - 200 * weight).abs() < 1).all() and counts.sum() == 200


def test_weights_worth_fewer_draws_than_wanted_leave_the_direct_draws():
    """Of a posterior three times too wide in 10 dimensions hardly a proposal is worth anything."""
    found, model, x = refined(3.0)
    direct = draws.posterior_draws(model, generators(SEEDS, "a"), x, 200 * 20).draws
    assert not found.chosen.any() and torch.equal(found.draws, direct[:, :, :200])


def test_chosen_draws_are_among_the_proposals(widened):
    found, model, x = widened
    proposed = draws.posterior_draws(model, generators(SEEDS, "a"), x, 200 * 20).draws
    for chosen, among in zip(found.draws[1], proposed[1], strict=True):
        assert torch.isin(chosen[:, 0], among[:, 0]).all()


def test_where_khat_is_too_large_the_direct_draws_are_returned():
    """Half as wide as it should be, in 10 dimensions: weights without a finite variance."""
    found, model, x = refined(0.5)
    direct = draws.posterior_draws(model, generators(SEEDS, "a"), x, 200 * 20).draws
    assert not found.chosen.any() and (found.khat > 0.7).all()
    assert torch.equal(found.draws, direct[:, :, :200])


def test_where_too_few_proposals_have_a_prior_the_direct_draws_are_returned():
    """A prior that leaves fewer than are wanted: none could be chosen without repetition."""
    model = model_of(1.0)
    _, x = model.shared(*SIMULATOR.draw(generator(3), 2))

    def log_prior(theta):
        return torch.where(theta[..., 0] > x[0, :, :1] / 2 + 2 * EXACT_SD, 0.0, -math.inf)

    found = refine.refined(model, generators(SEEDS, "a"), log_prior, x, 100, 2)
    assert not found.chosen.any()


def test_no_chosen_draw_lies_outside_the_prior():
    """A prior cut at the middle of each posterior: half of the proposals have no weight."""
    model = model_of(1.0)
    _, x = model.shared(*SIMULATOR.draw(generator(3), 2))

    def log_prior(theta):
        inside = theta[..., 0] > x[0, :, :1] / 2
        return torch.where(inside, SIMULATOR.prior.log_prob(theta), -math.inf)

    found = refine.refined(model, generators(SEEDS, "a"), log_prior, x, 100, 10)
    assert found.chosen.all() and log_prior(found.draws).isfinite().all()


def test_members_are_refined_by_generators_of_their_own(widened):
    found, model, x = widened
    rngs = generators([1, 9], "a")
    other = refine.refined(model, rngs, SIMULATOR.prior.log_prob, x, 200, 20)
    assert torch.equal(found.draws[0], other.draws[0])
    assert not torch.equal(found.draws[1], other.draws[1])


def pooled(ours, theirs):
    """The power where both networks are exact but for a mean that is so many sd off."""
    model = model_of(1.0)
    model.posterior.whitening.offset += ours * EXACT_SD
    # The posterior that a likelihood network implies is off by half of what that is, the other way.
    model.likelihood.whitening.offset -= 2 * theirs * EXACT_SD
    pairs = SIMULATOR.draw(generator(4), 300)
    rngs = generators(SEEDS, "pool")
    return refine.pooling(model, rngs, SIMULATOR.prior.log_prob, *pairs), model


@pytest.mark.parametrize(
    "ours, theirs, power", [(0.3, 0.0, 1.0), (0.0, 0.3, 0.0), (0.3, -0.3, 0.5), (0.2, -0.4, 1 / 3)]
)
def test_networks_are_pooled_as_their_errors_say(ours, theirs, power):
    """Errors in opposite directions cancel at the power that weighs them; the grid's step is .05.

    Standard error of the best power with 300 data sets: .06 or less.
    """
    found, _ = pooled(ours, theirs)
    assert found.shape == (2,) and float((found - power).abs().max()) <= 0.2


def test_refined_draws_of_opposite_errors_are_centred():
    """Means .5 sd too high and .5 too low, pooled with a power of 1 / 2: the exact posterior."""
    _, model = pooled(0.3, -0.3)
    model.pooling.fill_(0.5)
    _, x = model.shared(*SIMULATOR.draw(generator(3), 4))
    log_prior = SIMULATOR.prior.log_prob
    found = refine.refined(model, generators(SEEDS, "a"), log_prior, x, 200, 20)
    z = (found.draws - x[:, :, None] / 2) / EXACT_SD
    assert found.chosen.all() and abs(float(z.mean())) < 0.05  # 16,000 numbers
    assert float(z.std()) == pytest.approx(1.0, rel=0.04)


def test_a_power_of_zero_leaves_the_direct_draws_law():
    _, model = pooled(0.0, 1.0)
    model.pooling.fill_(0.0)
    _, x = model.shared(*SIMULATOR.draw(generator(3), 4))
    log_prior = SIMULATOR.prior.log_prob
    found = refine.refined(model, generators(SEEDS, "a"), log_prior, x, 200, 20)
    z = (found.draws - x[:, :, None] / 2) / EXACT_SD
    assert found.chosen.all() and abs(float(z.mean())) < 0.05


def test_data_whose_weights_are_not_to_be_trusted_do_not_choose_the_power():
    """A posterior half as wide as it should be, in 10 dimensions: its weights have no mean."""
    model = model_of(0.5)
    pairs = SIMULATOR.draw(generator(4), 300)
    found = refine.pooling(model, generators(SEEDS, "p"), SIMULATOR.prior.log_prob, *pairs)
    assert (found < 1).all()


def test_powers_travel_with_the_weights():
    model = model_of(1.0)
    model.pooling.copy_(torch.tensor([0.25, 0.5]))
    other = model_of(1.0)
    assert (other.pooling == 1).all()  # until they are chosen
    other.load_state_dict(model.state_dict())
    assert other.pooling.tolist() == [0.25, 0.5]

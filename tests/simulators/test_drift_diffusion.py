"""Both drift diffusion tasks: a sum over trials, an exact support, one task within the other."""

import math
import re

import pytest
import torch

from jana import simulators
from jana.rng import generator
from jana.simulators import responses, wiener

BIASED, UNBIASED = (
    simulators.get(name) for name in ("drift_diffusion", "drift_diffusion_unbiased")
)


@pytest.mark.parametrize("trials", [1, 5, 120, 300])
def test_the_likelihood_is_the_sum_of_the_density_over_any_number_of_trials(trials):
    """To the last digit: the sum is in double precision."""
    theta, x = BIASED.draw(generator(1), 20)
    x = x.repeat(1, 3, 1)[:, :trials]
    each = [
        wiener.log_density(x[:, t, 0].double(), *theta.double().unbind(-1)) for t in range(trials)
    ]
    found = BIASED.log_likelihood(theta, x)
    assert found.dtype == torch.float32 and found.isfinite().all()
    torch.testing.assert_close(found, sum(each).float(), atol=0, rtol=2e-7)


@pytest.mark.parametrize("simulator", [BIASED, UNBIASED], ids=["biased", "unbiased"])
def test_one_time_at_the_shift_or_below_it_leaves_no_likelihood(simulator):
    theta, x = simulator.draw(generator(1), 5)
    x[1, 60] = theta[1, responses.SHIFT]
    x[3, 7] = -0.9 * theta[3, responses.SHIFT]
    found = simulator.log_likelihood(theta, x)
    assert (found == -math.inf).tolist() == [False, True, False, True, False]


def test_the_unbiased_task_is_the_other_with_a_start_half_way():
    theta = UNBIASED.prior.sample(generator(1), 50)
    whole = torch.cat([theta, torch.full((50, 1), 0.5)], -1)
    x = UNBIASED.simulate(generator(2), theta)
    assert torch.equal(x, BIASED.simulate(generator(2), whole))
    found = UNBIASED.log_likelihood(theta.double(), x.double())
    assert torch.equal(found, BIASED.log_likelihood(whole.double(), x.double()))
    rest = BIASED.prior.log_prob(whole) - UNBIASED.prior.log_prob(theta)
    torch.testing.assert_close(rest, rest[:1].expand(50))  # the start's density, wherever the rest


@pytest.mark.parametrize("simulator", [BIASED, UNBIASED], ids=["biased", "unbiased"])
def test_data_are_120_signed_times_above_the_shift(simulator):
    theta, x = simulator.draw(generator(3), 500)
    assert x.shape == (500, 120, 1) and simulator.exchangeable
    assert (x[..., 0].abs() > theta[:, [simulator.x_shift]]).all()
    assert simulator.theta_names[simulator.x_shift] == "t0 (s)"
    positive = (x > 0).float().mean((1, 2))
    assert positive[theta[:, 0] > 2].min() > 0.5 > positive[theta[:, 0] < -2].max()


def test_data_of_ones_own_are_signed_by_their_response():
    found = responses.signed(torch.tensor([0.5, 0.9]), torch.tensor([0, 1]))
    assert found.tolist() == torch.tensor([[-0.5], [0.9]]).tolist()


REFUSED = {
    "no trial": ([], [], "needs one response for each time, and a trial or more, not 0 times"),
    "another number of responses": ([0.5, 0.6], [1], "not 2 times and 1 responses"),
    "another response": (
        [0.5, 0.6],
        [1, 2],
        "0 (lower boundary) or 1 (upper), but trial 1 has 2.0",
    ),
    "a negative time": ([0.5, -0.6], [1, 0], "but 1 of 2 are not, such as -0.6"),
    "no time": ([0.0, 0.6], [1, 0], "such as 0.0 in trial 0"),
    "a time that no shift allows": ([0.5, 0.2], [1, 0], "finite and above 0.2, the prior's least"),
    "NaN": ([0.5, math.nan], [1, 0], "such as nan in trial 1"),
    "milliseconds without end": ([math.inf, 0.4], [1, 0], "such as inf in trial 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_data_that_cannot_be_are_refused(case):
    times, given, reason = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(reason)):
        responses.signed(torch.tensor(times), torch.tensor(given))


WIDE = simulators.get("drift_diffusion_wide")


def test_the_wide_tasks_prior_is_uniform_on_a_box_around_the_other():
    """v +-5.5, a 0.4-3.1, t0 0.1-1.1, w 0.28-0.72, as published; means within 5 standard errors."""
    low, high = torch.tensor([-5.5, 0.4, 0.1, 0.28]), torch.tensor([5.5, 3.1, 1.1, 0.72])
    assert torch.equal(WIDE.prior.low, low) and torch.equal(WIDE.prior.high, high)
    assert (low < BIASED.prior.low).all() and (high > BIASED.prior.high).all()
    theta = WIDE.prior.sample(generator(1), 20_000)
    middle, sd = (low + high) / 2, (high - low) / 12**0.5
    assert ((theta.mean(0) - middle).abs() < 5 * sd / 20_000**0.5).all()
    torch.testing.assert_close(WIDE.prior.log_prob(theta), -(high - low).log().sum().expand(20_000))


def test_the_wide_tasks_data_are_500_trials_of_the_same_model():
    theta, x = WIDE.draw(generator(2), 20)
    assert x.shape == (20, 500, 1)
    assert torch.equal(x, responses.simulate(torch_state_after_prior(2, 20), theta, 500))
    assert torch.equal(WIDE.log_likelihood(theta, x), BIASED.log_likelihood(theta, x))


def torch_state_after_prior(seed, n):
    """The generator that `draw` simulates with."""
    rng = generator(seed)
    WIDE.prior.sample(rng, n)
    return rng

"""Pairs with a known fault: each is a proper pair, and wrong in the way it says."""

import math

import pytest
import torch

from jana import simulators
from jana.judge import pairs
from jana.rng import generator

MIXTURE, MOONS = simulators.get("gaussian_mixture"), simulators.get("two_moons")
MOVED = {
    "narrow": {"stretch": 0.7},
    "wide": {"stretch": 1.4},
    "biased": {"shift": 0.5},
    "both": {"stretch": 0.5, "shift": -1.0},
}


@pytest.fixture(params=pairs.FAULTS)
def fault(request):
    """A simulator and the pair that is shown on it."""
    task, make = pairs.FAULTS[request.param]
    simulator = simulators.get(task)
    return simulator, make(simulator)


def grid(low, high, n):
    """Points (N, 2) of a square grid, and the area of each."""
    step = (high - low) / n
    axis = low + step * (torch.arange(n, dtype=torch.float64) + 0.5)
    return torch.cartesian_prod(axis, axis).float(), step**2


def mass(log_density, area):
    return float(log_density.double().exp().sum()) * area


def test_a_draws_log_density_is_the_posteriors_at_it(fault, rng):
    """In single precision, beside crescents a hundredth wide."""
    simulator, pair = fault
    x = simulator.draw(rng, 20).x
    draws, log_density = pair.sample(rng, x, 6)
    assert draws.shape == (20, 6, 2) and log_density.shape == (20, 6)
    for i in range(6):
        expected = pair.log_posterior(draws[:, i], x)
        torch.testing.assert_close(log_density[:, i], expected, atol=5e-3, rtol=0)


def test_the_likelihood_of_many_draws_is_that_of_each(fault, rng):
    simulator, pair = fault
    theta, x = simulator.draw(rng, 5)
    many = theta[:, None] + 0.01 * torch.randn(5, 3, 2, generator=rng)
    found = pair.log_likelihood(many, x.unsqueeze(1))
    single = [pair.log_likelihood(many[:, i], x) for i in range(3)]
    torch.testing.assert_close(found, torch.stack(single, 1))


def test_nothing_is_wrong_with_the_exact_pair(rng):
    for simulator in (MIXTURE, MOONS):
        pair, (theta, x) = pairs.exact(simulator), simulator.draw(rng, 50)
        assert torch.equal(pair.log_posterior(theta, x), simulator.exact.log_posterior(theta, x))
        assert torch.equal(pair.log_likelihood(theta, x), simulator.log_likelihood(theta, x))
        same = pair.simulate(generator(1), theta), simulator.simulate(generator(1), theta)
        assert torch.equal(*same)
        drawn = pair.sample(generator(1), x, 4)[0]
        assert torch.equal(drawn, simulator.exact.sample(generator(1), x, 4))


@pytest.mark.parametrize("changes", MOVED.values(), ids=MOVED)
def test_a_moved_posterior_integrates_to_one(changes):
    """On a grid of a fortieth of its scale; some 1e-6 lie beyond it."""
    x, (theta, area) = torch.tensor([[1.0, -2.0]]), grid(-9.0, 9.0, 1200)
    found = mass(pairs.moved(MIXTURE, **changes).log_posterior(theta, x), area)
    assert found == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("changes", MOVED.values(), ids=MOVED)
def test_a_moved_posterior_has_another_centre_and_spread(changes):
    """500 draws of each of 100 data sets near the centre, against as many exact ones."""
    rng, x = generator(3), torch.randn(100, 2, generator=generator(2))
    exact = MIXTURE.exact.sample(rng, x, 500)
    found = pairs.moved(MIXTURE, **changes).sample(rng, x, 500)[0]
    spread = found.std(1).mean() / exact.std(1).mean()
    assert float(spread) == pytest.approx(changes.get("stretch", 1.0), rel=0.03)
    shift = (found.mean(1) - exact.mean(1)).mean() / exact.std(1).mean()
    assert float(shift) == pytest.approx(changes.get("shift", 0.0), abs=0.05)


@pytest.mark.parametrize("x", [[0.2, 0.1], [-0.4, 0.3]], ids=str)
def test_one_mode_integrates_to_one_and_is_none_below_the_diagonal(x):
    """On a grid of a fifth of the crescents' width; their ends are abrupt."""
    x, (theta, area) = torch.tensor([x]), grid(-1.0, 1.0, 1000)
    log_density = pairs.one_mode(MOONS).log_posterior(theta, x)
    assert mass(log_density, area) == pytest.approx(1, abs=0.01)
    assert (log_density[theta.sum(-1) < 0] == -math.inf).all()


def test_one_mode_draws_all_lie_in_the_one(rng):
    x = MOONS.draw(rng, 50).x
    draws, _ = pairs.one_mode(MOONS).sample(rng, x, 20)
    assert (draws.sum(-1) > 0).all()
    assert (MOONS.exact.log_posterior(draws[:, 0], x) > -math.inf).all()


def test_a_wrong_likelihood_integrates_to_one_over_data():
    theta, (x, area) = torch.tensor([[1.0, -2.0]]), grid(-9.0, 9.0, 1200)
    found = pairs.wrong_likelihood(MIXTURE, 1.5).log_likelihood(theta, x)
    assert mass(found, area) == pytest.approx(1, abs=2e-3)


def test_a_wrong_likelihood_has_its_noise_stretched_and_its_posterior_right(rng):
    pair, (theta, x) = pairs.wrong_likelihood(MIXTURE, 1.5), MIXTURE.draw(rng, 50)
    wrong, right = pair.simulate(generator(1), theta), MIXTURE.simulate(generator(1), theta)
    torch.testing.assert_close(wrong - theta, 1.5 * (right - theta), atol=1e-5, rtol=1e-5)
    found, log_right = pair.log_likelihood(theta, wrong), MIXTURE.log_likelihood(theta, right)
    torch.testing.assert_close(found, log_right - 2 * math.log(1.5), atol=1e-3, rtol=1e-4)
    assert torch.equal(pair.log_posterior(theta, x), MIXTURE.exact.log_posterior(theta, x))


def test_the_prior_as_posterior_does_not_look_at_the_data(rng):
    pair, x = pairs.prior_only(MIXTURE), MIXTURE.draw(rng, 30).x
    draws, log_density = pair.sample(generator(1), x, 200)
    assert torch.equal(draws, pair.sample(generator(1), x.flip(0), 200)[0])
    assert torch.equal(log_density, MIXTURE.prior.log_prob(draws))
    assert float(draws.std()) == pytest.approx(20 / math.sqrt(12), rel=0.05)


def test_shuffled_answers_are_those_of_the_data_set_before(rng):
    pair, (theta, x) = pairs.shuffled(MIXTURE), MIXTURE.draw(rng, 10)
    draws, _ = pair.sample(rng, x, 500)
    torch.testing.assert_close(draws.mean(1)[1:], x[:-1], atol=0.6, rtol=0)
    expected = MIXTURE.exact.log_posterior(theta[1:], x[:-1])
    torch.testing.assert_close(pair.log_posterior(theta, x)[1:], expected)

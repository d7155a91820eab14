"""Draws and densities of a pair of networks: chunking changes nothing, joint draws are joint."""

import pytest
import torch
from designs import flow_settings, pair

from jana import simulators
from jana.inference import chunks, draws, surrogate
from jana.recipes import generators
from jana.rng import generator

SEEDS = [1, 2]
FLOW = flow_settings(mixing="none")


@pytest.fixture(scope="module")
def model():
    """Standardized only, for the conjugate Gaussian: both flows are nearly exact."""
    built = pair("gaussian_linear", SEEDS, FLOW)
    built.set_from(*simulators.get("gaussian_linear").draw(generator(0), 20_000))
    return built.eval().requires_grad_(False)


@pytest.fixture
def pairs(model):
    return model.shared(*simulators.get("gaussian_linear").draw(generator(3), 40))


def test_draws_do_not_depend_on_chunks(model, pairs, monkeypatch):
    _, x = pairs
    whole = draws.posterior_draws(model, generators(SEEDS, "a"), x, 7)
    monkeypatch.setattr(chunks, "ROWS", 30)
    parts = draws.posterior_draws(model, generators(SEEDS, "a"), x, 7)
    torch.testing.assert_close(whole, parts)
    assert whole.draws.shape == (2, 40, 7, 10) and whole.log_prob.shape == (2, 40, 7)


def test_a_draws_log_density_is_the_posterior_networks(model, pairs):
    _, x = pairs
    found = draws.posterior_draws(model, generators(SEEDS, "a"), x, 3)
    again = draws.log_posterior(model, found.draws[:, :, 1], x)
    torch.testing.assert_close(found.log_prob[:, :, 1], again, atol=1e-4, rtol=1e-5)


def test_members_draw_from_generators_of_their_own(model, pairs):
    _, x = pairs
    both = draws.posterior_draws(model, generators(SEEDS, "a"), x, 3).draws
    other = draws.posterior_draws(model, generators([1, 9], "a"), x, 3).draws
    assert torch.equal(both[0], other[0]) and not torch.equal(both[1], other[1])


def test_posterior_draws_have_the_exact_mean_and_sd(model, pairs):
    _, x = pairs
    found = draws.posterior_draws(model, generators(SEEDS, "a"), x, 4000).draws
    torch.testing.assert_close(found.mean(2), x / 2, atol=0.01, rtol=0)
    sd = found.std(2)
    torch.testing.assert_close(sd, torch.full_like(sd, 0.1 / 2**0.5), atol=0.005, rtol=0)


def test_surrogate_data_have_the_simulators_mean_and_sd(model, pairs):
    theta, x = pairs
    found = surrogate.simulate(model, generators(SEEDS, "a"), theta, x, 4000)
    torch.testing.assert_close(found.mean(2), theta, atol=0.012, rtol=0)
    torch.testing.assert_close(found.std(2), torch.full_like(theta, 0.1), atol=0.007, rtol=0)


def test_the_surrogate_likelihood_is_nearly_the_exact_one(model, pairs):
    theta, x = pairs
    exact = simulators.get("gaussian_linear").log_likelihood(theta, x)
    found = surrogate.log_likelihood(model, theta, x)
    torch.testing.assert_close(found, exact, atol=0.5, rtol=0)
    many = surrogate.log_likelihood_of_draws(model, theta[:, :, None].expand(-1, -1, 3, -1), x)
    torch.testing.assert_close(many[:, :, 2], found)


def test_joint_draws_are_posteriors_of_their_own_surrogate_data(model, pairs):
    theta, _ = pairs
    x, found = draws.joint_draws(model, generators(SEEDS, "a"), *pairs, 2000)
    assert x.shape == theta.shape
    torch.testing.assert_close(found.draws.mean(2), x / 2, atol=0.012, rtol=0)
    assert not torch.allclose(x, pairs[1], atol=0.05)


def test_draws_that_are_not_finite_are_an_error_and_say_where(model, pairs):
    _, x = pairs
    x = x.clone()
    x[1, 7] = float("inf")
    with pytest.raises(FloatingPointError, match=r"must be finite.* member 1 and data set 7"):
        draws.posterior_draws(model, generators(SEEDS, "a"), x, 3)


def test_no_draw_falls_outside_a_bounded_prior():
    simulator = simulators.get("gaussian_linear_uniform")
    built = pair("gaussian_linear_uniform", SEEDS, FLOW)
    built.set_from(*simulator.draw(generator(0), 2000))
    _, x = built.shared(*simulator.draw(generator(1), 200))
    found = draws.posterior_draws(built, generators(SEEDS, "a"), 1.5 * x, 100)
    assert simulator.prior.log_prob(found.draws).isfinite().all()
    assert found.log_prob.isfinite().all()

"""What every simulator must do. A new file in simulators/ is tested as soon as it is there."""

import pytest
import torch
from scipy.stats import kstest

from jana import catalogue, simulators
from jana.rng import generator

ALL = catalogue.names()
ANSWERED = [name for name in ALL if catalogue.has(name, "exact")]


def scored(name):
    """A simulator, and its log likelihood, up to a term without theta where that must do."""
    simulator = simulators.get(name)
    return simulator, simulator.log_likelihood or simulator.relative_log_likelihood


SCORED = [name for name in ALL if scored(name)[1] is not None]


@pytest.fixture(params=ALL)
def simulator(request):
    return simulators.get(request.param)


@pytest.fixture(params=ANSWERED)
def answered(request):
    return simulators.get(request.param)


def test_names_fit_shapes(simulator, rng):
    theta, x = simulator.draw(rng, 8)
    assert theta.shape == (8, len(simulator.theta_names))
    assert x.ndim == 1 + len(simulator.x_axes)
    assert len(set(simulator.theta_names)) == len(simulator.theta_names)


def test_the_generator_alone_decides(simulator):
    torch.manual_seed(1)
    first = simulator.draw(generator(5), 8)
    torch.manual_seed(2)
    second = simulator.draw(generator(5), 8)
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_prior_draws_lie_within_the_bounds_and_have_a_finite_density(simulator, rng):
    prior = simulator.prior
    theta = prior.sample(rng, 1000)
    assert prior.log_prob(theta).isfinite().all()
    assert ((theta >= prior.low) & (theta < prior.high)).all()


def test_bayes_rule_holds_between_the_exact_densities(answered, rng):
    """prior * likelihood = posterior * marginal, at pairs from the model."""
    theta, x = (part.double() for part in answered.draw(rng, 500))
    left = answered.prior.log_prob(theta) + answered.log_likelihood(theta, x)
    right = answered.exact.log_posterior(theta, x) + answered.exact.log_marginal(x)
    torch.testing.assert_close(left, right, rtol=0, atol=2e-5)  # the prior's bounds are float32


@pytest.mark.parametrize("name", SCORED)
def test_the_likelihood_of_many_draws_is_that_of_each(name, rng):
    """One data set, several parameters: what evidence, refinement and SBC of scores ask for."""
    simulator, log_likelihood = scored(name)
    x, many = simulator.draw(rng, 3).x, simulator.prior.sample(rng, 12).unflatten(0, (3, 4))
    found = log_likelihood(many, x.unsqueeze(1))
    single = [log_likelihood(many[:, one], x) for one in range(4)]
    torch.testing.assert_close(found, torch.stack(single, 1), rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize("name", SCORED)
def test_the_likelihood_knows_the_truth_from_other_draws_of_the_prior(name, rng):
    """Its mean excess is the expected log ratio of two models, so above zero."""
    simulator, log_likelihood = scored(name)
    theta, x = simulator.draw(rng, 400)
    excess = log_likelihood(theta, x) - log_likelihood(theta.roll(1, 0), x)
    assert excess.isfinite().float().mean() > 0.3  # far off, some data are impossible
    assert float((excess > 0).float().mean()) > 0.6


def test_exact_posterior_draws_are_calibrated(answered):
    """SBC of the exact sampler: ranks plus jitter are uniform (false alarms: 1 in 1,000 each)."""
    rng = generator(11)
    theta, x = answered.draw(rng, 1000)
    draws = answered.exact.sample(rng, x, 99)
    ranks = (draws < theta[:, None]).sum(1) + torch.rand(theta.shape, generator=rng)
    for column in (ranks / 100).numpy().T:
        assert kstest(column, "uniform").pvalue > 1e-3


def test_not_finite_data_are_refused_with_the_parameters(simulator):
    broken = type(simulator)(
        prior=simulator.prior,
        simulate=lambda rng, theta: simulator.simulate(rng, theta) * torch.nan,
        theta_names=simulator.theta_names,
        x_axes=simulator.x_axes,
    )
    with pytest.raises(ValueError, match=r"simulated data must be finite, but .* theta ="):
        broken.draw(generator(0), 100)


def test_a_simulator_without_exact_answers_says_so(simulator):
    bare = type(simulator)(
        prior=simulator.prior,
        simulate=simulator.simulate,
        theta_names=simulator.theta_names,
        x_axes=simulator.x_axes,
    )
    with pytest.raises(ValueError, match="needs a simulator with exact answers"):
        bare.answers()

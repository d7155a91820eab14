"""Exchangeable Gaussian trials: SciPy's densities, the chain rule, and moments in closed form."""

import math

import pytest
import torch
from scipy.stats import invgamma, kstest, multivariate_t, norm, t

from jana.rng import generator
from jana.simulators.gaussian_iid import simulator

log_marginal = simulator.exact.log_marginal


def trials(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def murphys(x):
    """Location, weight, shape and scale of the posterior, as in Murphy (2007), section 6."""
    x, n = x.flatten().tolist(), x.numel()
    mean = sum(x) / n
    spread = sum((value - mean) ** 2 for value in x)
    scale = 4 + spread / 2 + 0.25 * n * mean**2 / (2 * (0.25 + n))
    return n * mean / (0.25 + n), 0.25 + n, 5 + n / 2, scale


def test_the_prior_density_is_scipys():
    theta = torch.tensor([[0.3, 1.2], [-4.0, 0.1], [2.0, 30.0]], dtype=torch.float64)
    for (mean, variance), found in zip(
        theta.tolist(), simulator.prior.log_prob(theta), strict=True
    ):
        expected = invgamma.logpdf(variance, 5, scale=4)
        expected += norm.logpdf(mean, 0, math.sqrt(variance / 0.25))
        assert float(found) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("variance", [0.0, -1.0])
def test_a_variance_that_is_not_positive_has_no_density(variance):
    theta, x = torch.tensor([[0.0, variance]]), torch.ones(1, 20, 1)
    assert simulator.prior.log_prob(theta) == -math.inf
    assert simulator.log_likelihood(theta, x) == -math.inf
    assert simulator.exact.log_posterior(theta, x) == -math.inf


def test_the_prior_draws_have_the_prior_distribution(rng):
    """Kolmogorov-Smirnov of 20,000 draws (false alarms: 1 in 1,000 each)."""
    mean, variance = simulator.prior.sample(rng, 20_000).T.double().numpy()
    assert kstest(variance, invgamma(5, scale=4).cdf).pvalue > 1e-3
    assert kstest(mean, t(10, 0, math.sqrt(4 / (5 * 0.25))).cdf).pvalue > 1e-3


def test_the_likelihood_is_scipys_summed_over_trials():
    x = trials(0.3, -1.0, 2.2)
    found = simulator.log_likelihood(torch.tensor([0.5, 2.0], dtype=torch.float64), x)
    expected = norm.logpdf(x.numpy(), 0.5, math.sqrt(2)).sum()
    assert float(found) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("count", [1, 2, 20, 37])
def test_the_marginal_density_is_scipys_multivariate_t(count):
    x = 2 + 3 * torch.randn(count, 1, generator=generator(1), dtype=torch.float64)
    shape = 4 / 5 * (torch.eye(count) + 1 / 0.25).double().numpy()
    expected = multivariate_t.logpdf(x.flatten().numpy(), shape=shape, df=10)
    assert float(log_marginal(x)) == pytest.approx(float(expected), rel=1e-9)


def test_the_marginal_density_is_the_integral_of_prior_times_likelihood():
    """By the trapezoidal rule over the mean and the log of the variance."""
    x = trials(0.3, -0.4, 1.2)
    mean = torch.linspace(-30, 30, 3001, dtype=torch.float64)
    log_variance = torch.linspace(-3, 6, 301, dtype=torch.float64)
    theta = torch.stack(torch.meshgrid(mean, log_variance.exp(), indexing="ij"), dim=-1)
    joint = simulator.prior.log_prob(theta) + simulator.log_likelihood(theta, x)
    cell = float((mean[1] - mean[0]) * (log_variance[1] - log_variance[0]))
    total = float((joint + log_variance).exp().sum()) * cell
    assert float(log_marginal(x)) == pytest.approx(math.log(total), abs=1e-6)


@pytest.mark.parametrize("left_out", [0, 7, 19])
def test_the_marginal_density_obeys_the_chain_rule(left_out):
    """p(x) = p(x without i) p(x_i | x without i), a Student-t density."""
    x = simulator.draw(generator(2), 1).x[0].double()
    rest = torch.cat([x[:left_out], x[left_out + 1 :]])
    location, weight, shape, scale = murphys(rest)
    width = math.sqrt(scale / shape * (1 + 1 / weight))
    predictive = t.logpdf(float(x[left_out]), 2 * shape, location, width)
    found = log_marginal(x) - log_marginal(rest)
    assert float(found) == pytest.approx(predictive, abs=1e-10)


def test_the_posterior_density_is_scipys():
    x, theta = trials(1.0, 0.2, 2.4, -0.3), torch.tensor([0.7, 0.9], dtype=torch.float64)
    location, weight, shape, scale = murphys(x)
    expected = invgamma.logpdf(0.9, shape, scale=scale)
    expected += norm.logpdf(0.7, location, math.sqrt(0.9 / weight))
    assert float(simulator.exact.log_posterior(theta, x)) == pytest.approx(expected, rel=1e-12)


def test_the_posterior_draws_have_the_closed_form_moments():
    """Means and variances of both parameters, and no correlation (4 standard errors)."""
    x = simulator.draw(generator(3), 1).x
    location, weight, shape, scale = murphys(x[0].double())
    draws = simulator.exact.sample(generator(4), x, 200_000)[0].double()
    variance = scale / (shape - 1)
    for column, centre, square in [
        (draws[:, 0], location, variance / weight),
        (draws[:, 1], variance, variance**2 / (shape - 2)),
    ]:
        deviation = column - centre
        for values, expected in [(deviation, 0.0), (deviation.square(), square)]:
            error = float(values.std()) / math.sqrt(len(values))
            assert float(values.mean()) == pytest.approx(expected, abs=4 * error)
    assert abs(float(torch.corrcoef(draws.T)[0, 1])) < 4 / math.sqrt(len(draws))


def test_the_order_of_trials_does_not_count():
    theta, x = (part.double() for part in simulator.draw(generator(5), 10))
    turned = x[:, torch.randperm(20, generator=generator(6))]
    for density in (simulator.log_likelihood, simulator.exact.log_posterior):
        torch.testing.assert_close(density(theta, x), density(theta, turned))

"""Leave-one-out densities against the conjugate Gaussian of known variance, and arviz-stats."""

import math

import pytest
import torch
from arviz_stats.base import array_stats

from jana.evidence.elpd import direct, psis
from jana.evidence.predictive import log_mean
from jana.rng import generator

B, T, L = 100, 20, 1000


def log_normal(y, mean, variance):
    return -0.5 * ((y - mean) ** 2 / variance + math.log(2 * math.pi) + math.log(variance))


def trials(rng, centre):
    """y_i ~ N(mu, 1) with mu ~ N(centre, 0.3^2), to be judged under the prior mu ~ N(0, 0.3^2)."""
    mu = centre + 0.3 * torch.randn(B, 1, generator=rng).double()
    return mu + torch.randn(B, T, generator=rng).double()


def posterior(total, n):
    """Mean and variance of mu after n trials with this sum."""
    variance = 1 / (1 / 0.3**2 + n)
    return variance * total, variance


def others(y):
    return posterior(y.sum(1, keepdim=True) - y, T - 1)


def exact(y):
    mean, variance = others(y)
    return log_normal(y, mean, 1 + variance)


def by_psis(rng, y):
    mean, variance = posterior(y.sum(1, keepdim=True), T)
    mu = mean + variance**0.5 * torch.randn(B, L, generator=rng).double()
    return psis(log_normal(y[:, None], mu[..., None], 1.0))


def by_direct(rng, y):
    mean, variance = others(y)
    mu = mean[:, None] + variance**0.5 * torch.randn(B, L, T, generator=rng).double()
    return direct(log_normal(y[:, None], mu, 1.0))


def by_direct_of_the_same_noise(rng, y):
    mean, variance = others(y)
    mu = mean[:, None] + variance**0.5 * torch.randn(B, L, 1, generator=rng).double()
    return direct(log_normal(y[:, None], mu, 1.0))


@pytest.fixture(params=[by_psis, by_direct, by_direct_of_the_same_noise])
def method(request):
    return request.param


@pytest.mark.parametrize("centre", [0.0, 3.0], ids=["agreement", "conflict"])
def test_values_are_right_and_errors_honest(rng, method, centre):
    """Mean squares of z-scores near 1: those of trials correlate, those of 100 totals do not."""
    y = trials(rng, centre)
    found = method(rng, y)
    gap = found.pointwise - exact(y)
    assert (found.khat < 0.7).all()
    assert 0.6 < float((gap / found.error).square().mean()) < 1.5
    assert 0.6 < float((gap.sum(1) / found.total_error).square().mean()) < 1.6
    torch.testing.assert_close(found.total, found.pointwise.sum(1))


def test_errors_of_trials_do_not_add_in_squares(rng):
    """Where prior and data disagree, all trials pull the shared draws the same way."""
    found = by_psis(rng, trials(rng, 3.0))
    assert (found.total_error > 2 * found.error.norm(dim=1)).all()


def heavy(rng):
    """Log likelihoods whose weights have all kinds of tails."""
    return torch.linspace(0.5, 3, T) * torch.randn(4, L, T, generator=rng).double()


def test_it_is_arviz_stats(rng):
    logs = heavy(rng)
    found = psis(logs)
    value, khat, _ = array_stats.loo(logs.numpy(), chain_axis=None, draw_axis=1)
    torch.testing.assert_close(found.pointwise, torch.from_numpy(value))
    torch.testing.assert_close(found.khat, torch.from_numpy(khat))
    assert (khat > 0.7).any() and (khat < 0.5).any()


def test_direct_is_the_log_of_the_mean_density(rng):
    logs = heavy(rng)
    logs[:, ::3] = -math.inf
    found, plain = direct(logs), log_mean(logs.mT)
    torch.testing.assert_close(found.pointwise, plain.value)
    torch.testing.assert_close(found.error, plain.error, rtol=1 / L, atol=0)
    assert (found.khat == -math.inf).all()


def test_one_data_set_needs_no_batch(rng):
    logs = heavy(rng)
    for whole, alone in zip(psis(logs), psis(logs[2]), strict=True):
        torch.testing.assert_close(whole[2], alone)


def test_trials_that_say_nothing_have_no_error():
    found = psis(torch.full((100, 3), -2.0))
    torch.testing.assert_close(found.pointwise, torch.full((3,), -2.0).double())
    assert (found.khat == -math.inf).all() and found.total_error < 1e-12


def test_draws_that_no_posterior_would_give_count_as_zeros(rng):
    logs = heavy(rng)[:, :, :5]
    spoiled = logs.clone()
    spoiled[:, ::10, 0] = -math.inf
    kept = torch.arange(L) % 10 != 0
    torch.testing.assert_close(
        psis(spoiled).pointwise, psis(logs[:, kept]).pointwise, rtol=0, atol=5e-3
    )


def test_no_draw_that_counts_is_no_estimate(rng):
    logs = heavy(rng)
    logs[1, :, 0] = -math.inf
    found = psis(logs)
    assert (found.pointwise[1] == -math.inf).all() and (found.error[1] == math.inf).all()
    assert found.total[1] == -math.inf and found.total_error[1] == math.inf
    assert found.total_error[0].isfinite() and not any(part.isnan().any() for part in found)
    found = direct(logs)
    assert found.pointwise[1, 0] == -math.inf and found.error[1, 0] == math.inf
    assert found.pointwise[1, 1:].isfinite().all() and found.total_error[1] == math.inf


@pytest.mark.parametrize("method", [psis, direct])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_and_infinity_are_refused(method, bad):
    logs = torch.zeros(30, 2)
    logs[4, 1] = bad
    with pytest.raises(ValueError, match="not NaN or inf"):
        method(logs)


def test_a_single_draw_is_refused():
    with pytest.raises(ValueError, match="2 draws or more, not 1"):
        direct(torch.zeros(1, 2))


def test_errors_of_chains_are_those_of_their_effective_draws():
    """Draws that keep nine tenths of the one before: z-scores of 60 runs of four chains."""
    y = trials(generator(5), 0.0)[0]
    mean, variance = posterior(float(y.sum()), T)
    truth = exact(y[None])[0]
    z, ratio = [], []
    for run in range(60):
        noise = torch.randn(4, 1000, generator=generator(100 + run)).double()
        for n in range(1, 1000):
            noise[:, n] = 0.9 * noise[:, n - 1] + (1 - 0.81) ** 0.5 * noise[:, n]
        mu = mean + variance**0.5 * noise.flatten()
        logs = log_normal(y, mu[:, None], 1.0)
        found, naive = psis(logs, chains=4), psis(logs)
        z.append(float((found.total - truth.sum()) / found.total_error))
        ratio.append(float((found.error / naive.error).mean()))
        assert torch.equal(found.pointwise, naive.pointwise)
    z = torch.tensor(z)
    assert 0.75 < float(z.std()) < 1.3 and abs(float(z.mean())) < 0.5
    assert min(ratio) > 1.5

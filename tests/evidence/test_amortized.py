"""Log marginal likelihoods against the closed form of the conjugate Gaussian."""

import math

import pytest
import torch

from jana.evidence.amortized import log_marginal
from jana.simulators.gaussian_linear import means, simulator
from jana.simulators.normal import log_normal


def terms(rng, spread, n=4000, sets=50):
    """Log prior, likelihood, and the density of draws from a posterior wider by `spread`."""
    _, x = (part.double() for part in simulator.draw(rng, sets))
    sd = spread * means.sd / math.sqrt(2)
    draws = x[:, None] / 2 + sd * torch.randn(sets, n, 10, generator=rng).double()
    log_q = log_normal(draws, x[:, None] / 2, sd)
    log_likelihood = simulator.log_likelihood(draws, x[:, None])
    return x, simulator.prior.log_prob(draws), log_likelihood, log_q


def test_exact_densities_give_the_exact_evidence_without_error(rng):
    x, *parts = terms(rng, 1.0)
    found = log_marginal(*parts)
    torch.testing.assert_close(found.value, simulator.exact.log_marginal(x), atol=1e-5, rtol=0)
    assert (found.error < 1e-6).all()


def test_a_wider_proposal_is_corrected_and_its_error_is_honest(rng):
    """z-scores of 50 data sets: a mean square near 1 (0.5 to 1.7 holds 99.7 % of the time)."""
    x, *parts = terms(rng, 1.2)
    found = log_marginal(*parts)
    z = (found.value - simulator.exact.log_marginal(x)) / found.error
    assert (found.khat < 0.5).all()
    assert 0.5 < float(z.square().mean()) < 1.7


def test_a_narrow_proposal_is_flagged(rng):
    _, *parts = terms(rng, 0.55)
    assert (log_marginal(*parts).khat > 0.7).double().mean() > 0.9


def test_draws_outside_the_prior_count_as_zeros(rng):
    """A uniform prior on (0, 1), data that say nothing, draws uniform on (0, 2): evidence 1."""
    draws = 2 * torch.rand(20_000, generator=rng).double()
    log_prior = torch.where(draws < 1, 0.0, -math.inf)
    found = log_marginal(log_prior, torch.zeros_like(draws), torch.full_like(draws, -math.log(2)))
    assert float(found.value) == pytest.approx(0.0, abs=4 * float(found.error))
    assert 0.003 < float(found.error) < 0.02


def test_exact_densities_in_single_precision_are_no_worse(rng):
    """Sums of float32 densities differ in their last digits, with ties: that is no tail."""
    x, *parts = terms(rng, 1.0)
    found = log_marginal(*(part.float() for part in parts))
    torch.testing.assert_close(found.value, simulator.exact.log_marginal(x), atol=1e-4, rtol=0)
    assert (found.khat == -math.inf).all() and (found.error < 1e-5).all()


def test_draws_that_all_lie_outside_the_prior_have_no_error_to_speak_of():
    zeros = torch.zeros(100)
    found = log_marginal(zeros - math.inf, zeros, zeros)
    assert found.value == -math.inf and found.error == math.inf and found.khat == math.inf

"""Evidence, predictive densities and the gain of refining, by hand and in closed form."""

import math

import pytest
import torch
from tidy import LABELS, error, select, value

from jana import simulators
from jana.evidence.amortized import LogMarginal, log_marginal
from jana.evidence.predictive import Predictive
from jana.judge import evidence
from jana.rng import generator

OURS = LogMarginal(
    torch.tensor([[1.0, 5.0], [1.0, 2.0]]),
    torch.tensor([[0.1, 0.2], [0.3, 0.4]]),
    torch.tensor([[0.3, 0.9], [0.1, 0.2]]),
)


def test_evidence_errors_are_ours_less_the_exact():
    rows = evidence.rows(LABELS, OURS, torch.tensor([1.0, 2.0]), 10)
    assert value(rows, metric="lml_bias", seed=0) == 1.5
    assert error(rows, metric="lml_bias", seed=0) == pytest.approx(1.5)
    assert value(rows, metric="lml_rmse", seed=0) == pytest.approx(math.sqrt(4.5))
    assert value(rows, metric="lml_error", seed=0, observation=1) == 3.0
    assert value(rows, metric="lml_rmse", seed=1) == value(rows, metric="lml_bias", seed=1) == 0
    assert value(rows, metric="lml", seed=1, observation=1) == 2.0
    assert error(rows, metric="lml", seed=1, observation=1) == pytest.approx(0.4)
    assert value(rows, metric="khat", seed=0, observation=1) == pytest.approx(0.9)
    assert all(row["draws"] == 10 and row["method"] == "jana" for row in rows)


def test_without_exact_evidence_there_are_values_and_khats_only():
    rows = evidence.rows(LABELS, OURS, None, 10)
    assert {row["metric"] for row in rows} == {"lml", "khat"} and len(rows) == 8
    assert value(rows, metric="lml", seed=0, observation=1) == 5.0


def test_other_scores_carry_their_name_and_method():
    ours = Predictive(torch.tensor([[1.0, 3.0]]), torch.tensor([[0.1, 0.2]]))
    rows = evidence.scores(LABELS, "lpd", ours, torch.tensor([2.0, 2.0]), 7, "other")
    assert {row["metric"] for row in rows} == {"lpd", "lpd_error", "lpd_rmse", "lpd_bias"}
    assert value(rows, metric="lpd_bias") == 0 and value(rows, metric="lpd_rmse") == 1
    assert value(rows, metric="lpd_error", observation=0) == -1
    assert len(select(rows, method="other", draws=7, unit="nats", seed=0)) == len(rows) == 6


def test_exact_values_are_the_evidence_and_its_ratio():
    """gaussian_iid: log p(new | x) = log p(x, new) - log p(x). 4,000 draws: 0.1 nats."""
    simulator, rng = simulators.get("gaussian_iid"), generator(0)
    theta, x = simulator.draw(rng, 5)
    new = simulator.simulate(rng, theta)
    found = evidence.exact(rng, simulator, x, new, 4000)
    log_p = simulator.exact.log_marginal
    torch.testing.assert_close(found.marginal, log_p(x.double()))
    both = log_p(torch.cat([x, new], 1).double()) - log_p(x.double())
    torch.testing.assert_close(found.predictive.value, both, atol=0.1, rtol=0)
    gaps = (found.predictive.value - both).abs()
    assert (gaps < 4 * found.predictive.error).all()


def test_a_simulator_without_exact_answers_has_no_exact_values(rng):
    simulator = simulators.get("gaussian_iid")
    bare = type(simulator)(simulator.prior, simulator.simulate, simulator.theta_names, ("trial",))
    x = torch.zeros(2, 3, 1)
    assert evidence.exact(rng, bare, x, x, 10) == (None, None)


def test_the_gain_of_refining_by_hand():
    """(1 - 1, 7 - 5) and, with a power of a half, (-4 / 2 - 1, 2 / 2 - 2)."""
    trusted = OURS._replace(khat=torch.full((2, 2), 0.3))
    ratios, powers = torch.tensor([[1.0, 7.0], [-4.0, 2.0]]), torch.tensor([1.0, 0.5])
    rows = evidence.gain_of_refining(LABELS, ratios, trusted, powers, chosen=True)
    assert value(rows, metric="refined_gain", seed=0) == 1.0
    assert error(rows, metric="refined_gain", seed=0) == pytest.approx(1.0)
    assert value(rows, metric="refined_gain", seed=1) == -2.0
    gains = select(rows, metric="refined_gain")
    assert all(row["method"] == "jana" and row["unit"] == "nats" for row in gains)
    assert value(rows, metric="pooling", seed=1) == 0.5
    fixed = evidence.gain_of_refining(LABELS, ratios, trusted, powers, chosen=False)
    assert select(fixed, metric="refined_gain") == gains and not select(fixed, metric="pooling")


def test_data_sets_whose_evidence_is_not_trusted_have_no_say_in_the_gain():
    ratios = torch.tensor([[1.0, 7.0, 3.0]])
    pool = LogMarginal(
        torch.tensor([[1.0, -90.0, 1.0]]), torch.zeros(1, 3), torch.tensor([[0.1, 0.9, 0.7]])
    )
    rows = evidence.gain_of_refining(LABELS, ratios, pool, torch.ones(1), chosen=True)
    assert value(rows, metric="refined_gain", seed=0) == 1.0  # of 0 and 2


def test_the_errors_of_both_sides_add_up_in_square():
    exact = Predictive(torch.tensor([1.0]), torch.tensor([0.4]))
    ours = Predictive(torch.tensor([[2.0]]), torch.tensor([[0.3]]))
    rows = evidence.scores(LABELS, "lpd", ours, exact, 10)
    assert error(rows, metric="lpd_error") == pytest.approx(0.5)
    assert value(rows, metric="lpd_error") == 1.0 and error(rows, metric="lpd") == pytest.approx(
        0.3
    )


def conjugate(scale):
    """Held-out pairs of gaussian_linear; a posterior whose spread is `scale` times the right."""
    simulator, rng = simulators.get("gaussian_linear"), generator(1)
    exact, shrink = simulator.exact, lambda theta, x: x / 2 + (theta - x / 2) / scale
    theta, x = (part.double() for part in simulator.draw(rng, 200))

    def posterior(theta, x):
        return exact.log_posterior(shrink(theta, x), x) - 10 * math.log(scale)

    draws = exact.sample(rng, x, 400)
    draws = x[:, None] / 2 + scale * (draws - x[:, None] / 2)
    many = x[:, None].expand_as(draws)
    log_prior, log_likelihood = simulator.prior.log_prob, simulator.log_likelihood
    pool = log_marginal(log_prior(draws), log_likelihood(draws, many), posterior(draws, many))
    ratios = log_prior(theta) + log_likelihood(theta, x) - posterior(theta, x)
    pool = LogMarginal(*(part[None] for part in pool))
    return evidence.gain_of_refining({}, ratios[None], pool, torch.ones(1), chosen=False)


def test_exact_densities_gain_nothing_by_refining():
    rows = conjugate(1.0)
    assert abs(value(rows, seed=0)) < 1e-4 and error(rows, seed=0) < 1e-4


def test_refining_gains_the_divergence_of_the_posterior_network():
    """Spread 1.4 times too wide in 10 coordinates: KL = 10 (log 1.4 + 1 / (2 * 1.96) - 1 / 2)."""
    rows = conjugate(1.4)
    kl = 10 * (math.log(1.4) + 0.5 / 1.96 - 0.5)
    assert abs(value(rows, seed=0) - kl) < 4 * error(rows, seed=0) < 0.8

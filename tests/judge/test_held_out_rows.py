"""Held-out losses, divergences and gains, by hand."""

import math

import pytest
import torch
from tidy import LABELS, error, select, value

from jana import simulators
from jana.judge import densities
from jana.rng import generator

OURS = torch.tensor([[0.0, 1.0], [0.0, 2.0]]), torch.tensor([[1.0, 1.0], [0.0, 0.0]])
EXACT = {"posterior": torch.tensor([0.0, 2.0]), "likelihood": torch.tensor([1.0, 1.0])}
LOG_PRIOR = torch.tensor([-2.0, -3.0])


def test_losses_and_divergences():
    rows = densities.rows(LABELS, OURS, EXACT, LOG_PRIOR)
    assert value(rows, metric="nll_posterior", method="exact") == -1.0
    assert value(rows, metric="nll_likelihood", method="exact") == -1.0
    assert value(rows, metric="nll_joint", method="exact") == -2.0
    assert value(rows, metric="nll_joint", method="jana", seed=0) == -1.5
    assert value(rows, metric="kl_posterior", seed=0) == 0.5
    assert value(rows, metric="kl_posterior", seed=1) == 0.0
    assert value(rows, metric="kl_likelihood", seed=1) == 1.0
    assert value(rows, metric="kl_joint", seed=1) == 1.0
    assert all(row["unit"] == "nats" and row["task"] == "toy" for row in rows)


def test_the_gain_is_that_of_the_posterior_over_the_prior():
    """(0 + 2, 1 + 3): mean 3, standard error 1; the exact one gains (2, 5)."""
    rows = densities.rows(LABELS, OURS, EXACT, LOG_PRIOR)
    assert value(rows, metric="gain_posterior", seed=0) == 3.0
    assert error(rows, metric="gain_posterior", seed=0) == pytest.approx(1.0)
    assert value(rows, metric="gain_posterior", seed=1) == 3.5
    assert value(rows, metric="gain_posterior", method="exact") == 3.5


def test_without_exact_densities_there_are_losses_and_gains_only():
    rows = densities.rows(LABELS, OURS, {}, LOG_PRIOR)
    losses = {"nll_posterior", "nll_likelihood", "nll_joint"}
    assert {row["metric"] for row in rows} == losses | {"gain_posterior"}
    assert {row["method"] for row in rows} == {"jana"} and len(rows) == 2 * 4
    assert value(rows, metric="gain_posterior", seed=0) == 3.0
    assert value(rows, metric="nll_posterior", seed=1) == -1.0


def test_where_the_likelihood_alone_is_known_it_alone_is_compared():
    rows = densities.rows(LABELS, OURS, {"likelihood": EXACT["likelihood"]}, LOG_PRIOR)
    assert {row["metric"] for row in rows if row["metric"].startswith("kl")} == {"kl_likelihood"}
    assert {row["metric"] for row in select(rows, method="exact")} == {"nll_likelihood"}


def test_the_exact_densities_of_a_simulator_are_those_that_it_has():
    for name, known in (("two_moons", 3), ("slcp", 1)):
        simulator = simulators.get(name)
        theta, x = simulator.draw(generator(1), 5)
        found = densities.exact(simulator, theta, x)
        assert len(found) == known
        assert torch.equal(found["likelihood"], simulator.log_likelihood(theta, x))


def test_exact_rows_belong_to_no_design_and_no_budget():
    labels = {"experiment": "e", "task": "toy", "design": "tuned", "budget": 10}
    rows = densities.rows(labels, OURS, EXACT, LOG_PRIOR)
    exact = select(rows, method="exact")
    assert len(exact) == 4
    assert all(row["experiment"] == "e" and row["task"] == "toy" for row in exact)
    assert not any("design" in row or "budget" in row or "seed" in row for row in exact)
    assert all(row["budget"] == 10 for row in select(rows, method="jana"))


def test_the_prior_gains_nothing_and_a_lost_pair_costs_all():
    ours = torch.stack([LOG_PRIOR, torch.tensor([0.0, -math.inf])]), OURS[1]
    rows = densities.rows(LABELS, ours, {}, LOG_PRIOR)
    assert value(rows, metric="gain_posterior", seed=0) == 0.0
    assert value(rows, metric="gain_posterior", seed=1) == -math.inf


def test_the_exact_gain_is_the_mutual_information():
    """gaussian_linear: of each of ten pairs log(2) / 2 nats."""
    simulator = simulators.get("gaussian_linear")
    theta, x = simulator.draw(generator(0), 4000)
    exact = densities.exact(simulator, theta, x)
    ours = exact["posterior"][None], exact["likelihood"][None]
    rows = densities.rows(LABELS, ours, exact, simulator.prior.log_prob(theta))
    found = value(rows, metric="gain_posterior", method="exact")
    assert abs(found - 5 * math.log(2)) < 4 * error(rows, metric="gain_posterior", method="exact")
    assert value(rows, metric="kl_joint", seed=0) == 0

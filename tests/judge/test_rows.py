"""Rows of the tidy table: every metric with its seed, its error and its unit."""

import math

import pytest
import torch

from jana.diagnostics.recovery import recovery
from jana.evidence.amortized import LogMarginal
from jana.judge import c2st, calibration, densities, evidence, training
from jana.judge import recovery as judge_recovery
from jana.rng import generator

LABELS = {"task": "toy"}


def select(rows, **fields):
    return [row for row in rows if all(row.get(key) == value for key, value in fields.items())]


def value(rows, **fields):
    (row,) = select(rows, **fields)
    return row["value"]


def test_densities_by_hand():
    exact = torch.tensor([0.0, 2.0]), torch.tensor([1.0, 1.0])
    ours = torch.tensor([[0.0, 1.0], [0.0, 2.0]]), torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    rows = densities.rows(LABELS, ours, exact)
    assert value(rows, metric="nll_posterior", method="exact") == -1.0
    assert value(rows, metric="kl_posterior", seed=0) == 0.5
    assert value(rows, metric="kl_likelihood", seed=1) == 1.0
    assert value(rows, metric="kl_joint", seed=1) == 1.0
    assert value(rows, metric="nll_joint", seed=0) == -1.5
    assert all(row["unit"] == "nats" and row["task"] == "toy" for row in rows)


def test_exact_rows_belong_to_no_design_and_no_budget():
    labels = {"experiment": "e", "task": "toy", "design": "tuned", "budget": 10}
    pair = torch.zeros(2), torch.zeros(2)
    rows = densities.rows(labels, (torch.zeros(1, 2), torch.zeros(1, 2)), pair)
    assert all("design" not in row and "budget" not in row for row in select(rows, method="exact"))
    assert all(row["budget"] == 10 for row in select(rows, method="jana"))


def test_training_by_hand():
    kept, skipped = torch.tensor([[3, 0], [5, 6]]), torch.tensor([[0, 0], [0, 1]])
    rows = training.rows(LABELS, ("posterior", "likelihood"), kept, skipped, torch.tensor(7.5))
    assert value(rows, metric="best_epoch", quantity="posterior", seed=1) == 0
    assert value(rows, metric="skipped", quantity="likelihood", seed=1) == 1
    assert value(rows, metric="train_seconds") == 7.5


def conjugate(seed, scale=1.0):
    rng = generator(seed)
    theta = torch.randn(500, 2, generator=rng)
    x = theta + torch.randn(500, 2, generator=rng)
    noise = torch.randn(2, 500, 99, 2, generator=rng)
    return theta, x[:, None] / 2 + scale * 0.5**0.5 * noise


def test_calibration_flags_the_kind_that_is_wrong():
    """Joint draws too narrow, posterior draws exact: only joint SBC is flagged."""
    theta, exact = conjugate(1)
    _, narrow = conjugate(1, scale=0.7)
    draws = {"posterior": exact, "joint": narrow}
    found = calibration.calibration(generator(2), theta, draws, 0.95)
    rows = calibration.rows(LABELS, found, torch.zeros(2, 500, 99), ["a", "b"])
    assert min(row["value"] for row in select(rows, metric="sbc_pvalue")) > 0.05
    assert max(row["value"] for row in select(rows, metric="jsbc_pvalue")) < 0.01
    inside = (found.posterior >= found.lower) & (found.posterior <= found.upper)
    assert inside.all() and not ((found.joint >= found.lower) & (found.joint <= found.upper)).all()
    assert len(select(rows, metric="sbc_pvalue", seed=1, quantity="b")) == 1


def test_draws_outside_the_prior_are_counted():
    theta, exact = conjugate(1)
    found = calibration.calibration(generator(2), theta, {"posterior": exact, "joint": exact}, 0.95)
    log_prior = torch.zeros(2, 500, 99)
    log_prior[1, 0, 0] = -math.inf
    rows = calibration.rows(LABELS, found, log_prior, ["a", "b"])
    assert value(rows, metric="outside_support", seed=0) == 0
    assert value(rows, metric="outside_support", seed=1) == pytest.approx(1 / (500 * 99))


def test_recovery_has_a_row_per_seed_parameter_and_metric():
    theta, exact = conjugate(1)
    rows = judge_recovery.rows(LABELS, [recovery(theta, member) for member in exact], ["a", "b"])
    assert len(rows) == 2 * 3 * 2
    assert value(rows, metric="contraction", seed=0, quantity="a") == pytest.approx(0.5, abs=0.1)


def test_c2st_has_a_row_per_observation(rng):
    exact, draws = torch.randn(2, 2, 200, 2, generator=rng)
    draws[1] += 5
    rows = c2st.rows(LABELS, exact, draws, method="jana", seed=3)
    assert value(rows, observation=0) < 0.65 and value(rows, observation=1) > 0.95
    assert all(row["draws"] == 200 and row["seed"] == 3 for row in rows)


def test_evidence_by_hand():
    ours = LogMarginal(
        torch.tensor([[1.0, 5.0]]), torch.tensor([[0.1, 0.2]]), torch.tensor([[0.3, 0.9]])
    )
    rows = evidence.rows(LABELS, ours, torch.tensor([1.0, 2.0]), 10)
    assert value(rows, metric="lml_bias") == 1.5
    assert value(rows, metric="lml_rmse") == pytest.approx(math.sqrt(4.5))
    assert value(rows, metric="lml_error", observation=1) == 3.0
    assert value(rows, metric="khat", observation=1) == pytest.approx(0.9)

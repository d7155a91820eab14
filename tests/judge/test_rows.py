"""Rows of the tidy table: every metric with its seed, its error and its unit."""

import pytest
import torch
from scipy.stats import norm
from tidy import LABELS, error, select, value

from jana.diagnostics.recovery import Recovery
from jana.judge import c2st, recovery, training


def test_training_by_hand():
    kept, skipped = torch.tensor([[3, 0], [5, 6]]), torch.tensor([[0, 0], [0, 1]])
    rows = training.rows(LABELS, ("posterior", "likelihood"), kept, skipped, torch.tensor(7.5))
    assert value(rows, metric="best_epoch", quantity="posterior", seed=1) == 0
    assert value(rows, metric="best_epoch", quantity="likelihood", seed=0) == 5
    assert value(rows, metric="skipped", quantity="likelihood", seed=1) == 1
    assert value(rows, metric="train_seconds") == 7.5


def test_recovery_has_a_row_per_seed_parameter_and_metric():
    median = torch.zeros(4, 2)
    parts = [torch.tensor([0.1, 0.2]), torch.tensor([0.3, 0.4]), torch.tensor([0.5, 0.6])]
    found = [Recovery(median, *parts), Recovery(median, *(part + 1 for part in parts))]
    rows = recovery.rows(LABELS, found, ["a", "b"])
    assert len(rows) == 2 * 3 * 2
    assert value(rows, metric="r2", seed=0, quantity="b") == pytest.approx(0.2)
    assert value(rows, metric="correlation", seed=1, quantity="a") == pytest.approx(1.3)
    assert value(rows, metric="contraction", seed=0, quantity="a") == pytest.approx(0.5)


def test_c2st_has_a_row_per_observation(rng):
    """Best accuracy for a shift of 2 is Phi(1) = 0.84."""
    exact, draws = torch.randn(2, 2, 200, 2, generator=rng)
    draws[1, :, 0] += 2
    rows = c2st.rows(LABELS, exact, draws, method="jana", seed=3)
    assert value(rows, observation=0) < 0.65
    found = value(rows, observation=1)
    assert found == pytest.approx(norm.cdf(1), abs=0.08)
    assert error(rows, observation=1) == pytest.approx((found * (1 - found) / 400) ** 0.5)
    assert len(select(rows, metric="c2st", method="jana", seed=3, draws=200, task="toy")) == 2

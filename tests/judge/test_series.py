"""Judging series: the simulator's own pass, narrow, shifted and negative ones are seen."""

import pytest
import torch

from jana.judge import series
from jana.rng import generator

NAMES = ("one", "two")


def simulated(seed, n):
    """Random walks above zero, from 60 starts."""
    rng = generator(seed)
    start = 3 + torch.rand(60, 1, 1, 2, generator=generator(1))
    walk = start + 0.3 * torch.randn(60, n, 30, 2, generator=rng).cumsum(2)
    return walk.clamp(min=0)


def judged(made, name="jana"):
    found, _ = series.rows(generator(7), {}, NAMES, simulated(2, 1)[:, 0], series.Made(made, name))
    return {(row["metric"], row.get("quantity")): row["value"] for row in found}


def test_the_simulators_own_series_pass():
    found = judged(simulated(3, 40))
    assert found["coverage_95", "all"] == pytest.approx(0.95, abs=0.04)
    assert found["coverage_50", "all"] == pytest.approx(0.5, abs=0.08)
    assert found["negative", "all"] == 0
    assert min(found["peak_day_pvalue", n] for n in NAMES) > 1e-3
    assert max(found["autocorrelation_rmse", n] for n in NAMES) < 0.15


def test_faults_are_seen():
    made = simulated(3, 40)
    best = judged(made)
    middle = made.mean(1, keepdim=True)
    narrow = judged(middle + 0.3 * (made - middle))
    assert narrow["coverage_95", "all"] < 0.7 and narrow["crps", "all"] > best["crps", "all"]
    higher = judged(made + 3)
    assert higher["energy_score", None] > 1.2 * best["energy_score", None]
    assert higher["peak_height_pvalue", "one"] < 1e-6
    assert judged(made - 3)["negative", "all"] > 0
    mixed = judged(made[:, :, torch.randperm(30, generator=generator(5))])
    assert mixed["autocorrelation_rmse", "one"] > 0.2


def test_losses_count_steps_without_zeros_only():
    x = torch.tensor([[[1.0, 2.0], [0.0, 1.0], [3.0, 1.0]]])
    exact = torch.tensor([[1.0, 50.0, 3.0]])
    rows = series.density_rows({}, x.expand(2, 3, 2), exact.expand(2, 3), torch.zeros(1, 2, 3))
    assert [(row["method"], row["value"]) for row in rows] == [("exact", -2.0), ("jana", 0.0)]

"""Leave-one-out densities: exact ones in closed form, and rows by hand."""

import math

import pytest
import torch
from scipy.stats import t as student
from tidy import LABELS, error, select, value

from jana import simulators
from jana.evidence.elpd import Elpd
from jana.judge import loo
from jana.rng import generator
from jana.simulators.gaussian_iid import PRIOR

OURS = Elpd(
    pointwise=torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]),
    error=torch.zeros(1, 2, 2),
    khat=torch.tensor([[[0.1, 0.8], [0.2, -math.inf]]]),
    total=torch.tensor([[3.0, 7.0]]),
    total_error=torch.tensor([[0.1, 0.2]]),
)
EXACT = torch.tensor([[1.0, 1.0], [3.0, 6.0]])  # totals 2 and 9


def predictive(trial, others):
    """Student's t for the next trial, after updating the prior trial by trial."""
    location, weight, shape, scale = PRIOR.location, PRIOR.weight, PRIOR.dof / 2, PRIOR.scale
    for x in others:
        scale += weight / (weight + 1) * (x - location) ** 2 / 2
        location = (weight * location + x) / (weight + 1)
        weight, shape = weight + 1, shape + 0.5
    spread = math.sqrt(scale / shape * (1 + 1 / weight))
    return student(2 * shape, location, spread).logpdf(trial)


@pytest.mark.parametrize("trials", [2, 3, 20])
def test_exact_values_are_students_predictive_density(trials):
    simulator = simulators.get("gaussian_iid")
    x = simulator.draw(generator(0), 3).x[:, :trials]
    found = loo.exact(simulator, x)
    assert found.shape == (3, trials) and found.dtype == torch.float64
    for data, row in zip(x[..., 0].double().tolist(), found.tolist(), strict=True):
        for i, one in enumerate(row):
            assert one == pytest.approx(predictive(data[i], data[:i] + data[i + 1 :]), abs=1e-9)


def test_where_the_evidence_is_not_known_there_are_no_exact_values():
    simulator = simulators.get("gaussian_iid")
    parts = simulator.prior, simulator.simulate, simulator.theta_names, simulator.x_axes
    assert loo.exact(type(simulator)(*parts), torch.zeros(2, 3, 1)) is None


def test_rows_by_hand():
    rows = loo.rows(LABELS, "jana_psis", OURS, EXACT, 50)
    assert value(rows, metric="loo", observation=1) == 7.0
    assert error(rows, metric="loo", observation=1) == pytest.approx(0.2)
    assert value(rows, metric="loo_error", observation=0) == 1.0
    assert value(rows, metric="loo_error", observation=1) == -2.0
    assert value(rows, metric="loo_bias") == -0.5
    assert value(rows, metric="loo_rmse") == pytest.approx(math.sqrt(2.5))
    assert value(rows, metric="loo_pointwise_rmse") == pytest.approx(math.sqrt(5 / 4))
    assert value(rows, metric="loo_khat") == pytest.approx(0.8)
    assert len(select(rows, method="jana_psis", draws=50, seed=0, task="toy")) == len(rows)


def test_without_exact_values_there_are_totals_and_khats_only():
    rows = loo.rows(LABELS, "jana", OURS, None, 50)
    assert [row["metric"] for row in rows] == ["loo", "loo", "loo_khat"]

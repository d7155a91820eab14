"""Rows of pairings against a reference: by hand."""

import math

import numpy as np
import pytest
import torch
from tidy import LABELS, error, select, table, value

from jana.evidence.amortized import LogMarginal
from jana.evidence.elpd import Elpd
from jana.evidence.predictive import Predictive
from jana.inference.pairings import Fitted
from jana.io import netcdf, tables
from jana.judge import bayes_factors, pairings
from jana.judge.pairings import References

NAN = math.nan
MARGINAL = LogMarginal(*(torch.tensor([part]) for part in ([1.0, 5.0], [0.3, 0.1], [0.2, 0.9])))
LEFT_OUT = Elpd(
    pointwise=torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]),
    error=torch.zeros(1, 2, 2),
    khat=torch.tensor([[[0.1, 0.8], [0.2, -math.inf]]]),
    total=torch.tensor([[3.0, 7.0]]),
    total_error=torch.tensor([[0.1, 0.2]]),
)


def known(lml=(0.5, 5.5), loo=(2.0, NAN), pointwise=((1.0, 1.0), (NAN, NAN)), fitted=None):
    numbers = [torch.tensor([part, [0.4, 0.4]]).double() for part in (lml, loo)]
    each = (Predictive(*part) for part in numbers)
    return References(fitted or {}, *each, torch.tensor(pointwise).double())


def made(reference):
    return pairings.rows(LABELS | {"draws": 9}, "jana", MARGINAL, LEFT_OUT, reference)


def test_the_difference_has_both_sides_errors():
    rows = made(known())
    assert value(rows, metric="lml_error", observation=0) == 0.5
    assert error(rows, metric="lml_error", observation=0) == pytest.approx(0.5)
    assert value(rows, metric="lml_bias") == 0.0
    assert value(rows, metric="lml_rmse") == 0.5
    assert value(rows, metric="khat", observation=1) == pytest.approx(0.9)


def test_a_data_set_whose_reference_failed_is_left_out_of_all_scores():
    rows = made(known())
    assert [row["observation"] for row in select(rows, metric="loo_error")] == [0]
    assert value(rows, metric="loo_bias") == 1.0
    assert value(rows, metric="loo_pointwise_rmse") == pytest.approx(math.sqrt(0.5))
    assert len(select(rows, metric="loo")) == 2


def test_without_a_reference_there_are_values_alone():
    rows = made(None)
    assert {row["metric"] for row in rows} == {"lml", "loo", "khat", "loo_khat"}
    nothing = known((NAN, NAN), (NAN, NAN), ((NAN, NAN), (NAN, NAN)))
    assert {row["metric"] for row in made(nothing)} == {"lml", "loo", "khat", "loo_khat"}


def test_refined_leave_one_out_brings_no_second_evidence():
    rows = pairings.rows(LABELS | {"draws": 9}, "jana_refined", MARGINAL, LEFT_OUT, known())
    assert not any(row["metric"].startswith("lml") for row in rows)
    assert value(rows, metric="loo_bias", method="jana_refined") == 1.0


def test_posteriors_are_compared_on_the_data_sets_that_have_a_fit():
    """Ours: twice as wide, with the same medians."""
    base = torch.linspace(-1, 1, 101, dtype=torch.float64)[:, None]
    fitted = {at: Fitted(at + base, 1, (0.0, 0.0)) for at in (0, 2, 3)}
    ours = torch.stack([at + 2 * base for at in (0, 1, 2, 3)])[None]
    ours[0, 1] = 1e3  # of a data set without a fit
    given = known(fitted=fitted), torch.tensor([4.0]), ["a"]
    rows = pairings.posterior_rows(LABELS, ours, *given)
    rows += pairings.reference_rows(LABELS, *given)
    assert value(rows, metric="median_r2") == pytest.approx(1.0)
    assert value(rows, metric="median_correlation") == pytest.approx(1.0)
    assert value(rows, metric="sd_ratio") == pytest.approx(2.0)
    variance = float(base.var())
    for method, factor in (("jana", 4), ("stan", 1)):
        narrow = value(rows, metric="contraction_compared", method=method)
        assert narrow == pytest.approx(1 - factor * variance / 16)
    assert pairings.posterior_rows(LABELS, ours, None, torch.ones(1), ["a"]) == []
    assert pairings.reference_rows(LABELS, None, torch.ones(1), ["a"]) == []
    (other, *_) = pairings.posterior_rows(LABELS, ours, *given, "jana_mcmc")
    assert other["method"] == "jana_mcmc"


def test_what_is_between_two_densities_is_integrated_over_both_responses():
    grid = torch.linspace(0, 2, 201).expand(1, 201)
    exact = torch.zeros(1, 2, 201)
    ours = torch.stack([torch.full((201,), 0.25), torch.full((201,), -0.5)])[None, None]
    rows = pairings.density_rows(LABELS, grid, ours, exact)
    assert value(rows, metric="density_l1", observation=0) == pytest.approx(1.5)
    assert value(rows, metric="density_mass", observation=0) == pytest.approx(-0.5)


def test_the_best_and_the_worst_densities_have_rows_of_their_own():
    grid = torch.linspace(0, 2, 201).expand(3, 201)
    ours = torch.tensor([0.25, 0.5, 0.1])[:, None, None].expand(3, 2, 201)[None]
    rows = pairings.density_rows(LABELS, grid, ours, torch.zeros(3, 2, 201))
    for metric in ("density_l1", "density_mass"):
        assert value(rows, metric=f"{metric}_least") == pytest.approx(0.4)
        assert value(rows, metric=f"{metric}_largest") == pytest.approx(2.0)


def file(path, index, status="ok", bridged="ok", khat=0.1):
    """One fit of 2 chains, as `judge.reference` stores it."""
    theta = np.arange(2 * 3000 * 2.0).reshape(2, 3000, 2)
    arrays = {
        "index": (("dataset",), np.array([index])),
        "status": (("dataset",), np.array([status])),
        "bridge_status": (("dataset",), np.array([bridged])),
        "bridge_value": (("dataset",), np.array([1.5])),
        "bridge_error": (("dataset",), np.array([0.01])),
        "theta": (("dataset", "chain", "draw", "parameter"), theta[None]),
        "loo_khat": (("dataset", "trial"), np.array([[0.1, khat]])),
        "loo_total": (("dataset",), np.array([-2.0])),
        "loo_total_error": (("dataset",), np.array([0.02])),
        "loo_pointwise": (("dataset", "trial"), np.array([[-0.5, -1.5]])),
    }
    netcdf.save(path, {}, **arrays)
    return str(path)


def test_references_are_what_passed_its_gate(tmp_path):
    cases = [{}, {"status": "R-hat"}, {"bridged": "not converged"}, {"khat": 0.8}]
    paths = [file(tmp_path / f"{at}.nc", at, **case) for at, case in enumerate(cases)]
    found = pairings.references(paths, 5, 2)
    assert sorted(found.fitted) == [0, 3] and found.fitted[0].log_marginal == (1.5, 0.01)
    assert found.lml.value.isfinite().tolist() == [True, False, False, True, False]
    assert found.loo.value.isfinite().tolist() == [True, False, False, False, False]
    assert found.pointwise[0].tolist() == [-0.5, -1.5] and not found.compared[1:].any()
    draws = found.fitted[0].draws
    assert len(draws) == 6000 and found.fitted[0].chains == 2
    assert pairings.references(paths[1:2], 5, 2) is None and pairings.references([], 5, 2) is None


def lml(task, method, values, **fields):
    labels = {"experiment": "diffusion", "task": task, "method": method} | fields
    return [tables.row(labels, "lml", v, error=0.3, observation=at) for at, v in enumerate(values)]


def test_bayes_factors_are_differences_on_the_same_data(tmp_path):
    rows = lml("whole", "stan", [3.0, 4.0]) + lml("nested", "stan", [1.0, 5.0])
    ours = {"design": "tuned", "seed": 1}
    rows += lml("whole", "jana", [3.5, 4.0], **ours) + lml("nested", "jana", [1.0, 6.0], **ours)
    found = bayes_factors.rows(table(rows, tmp_path / "t.csv"), ["whole", "nested"])
    stan = select(found, metric="log_bayes_factor", method="stan")
    assert [row["value"] for row in stan] == [2.0, -1.0]
    assert error(found, metric="log_bayes_factor", method="stan", observation=0) == pytest.approx(
        math.sqrt(0.18)
    )
    assert value(found, metric="log_bayes_factor_bias", design="tuned", seed=1) == -0.25
    rmse = value(found, metric="log_bayes_factor_rmse", design="tuned", seed=1)
    assert rmse == pytest.approx(math.sqrt((0.5**2 + 1) / 2))


def test_without_the_nested_model_there_is_no_bayes_factor(tmp_path):
    rows = table(lml("whole", "stan", [3.0]), tmp_path / "t.csv")
    assert bayes_factors.rows(rows, ["whole", "nested"]) == []
    assert bayes_factors.rows(rows, ["whole"]) == []

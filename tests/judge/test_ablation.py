"""Ways to train, paired over seeds: losses by hand, and differences within a seed."""

import math

import pytest
import torch
from tidy import select, value

from jana.evidence.amortized import LogMarginal
from jana.io import tables
from jana.judge import ablation
from jana.report import ablation as report

LABELS = {"experiment": "diffusion", "task": "t", "design": "d", "budget": 9, "setting": "ablation"}
PAIRS = {"norm": ["alone", "jointly"], "nothing": ["alone", "absent"]}


def member(*values):
    return torch.tensor([values])


def test_the_refined_loss_is_that_of_the_normalised_product():
    """Prior e^-1, likelihoods e^-2 and e^-4, evidence e^-5: a density of e^2 and e^0."""
    marginal = LogMarginal(*(torch.full((1, 2), v, dtype=torch.float64) for v in (-5.0, 0.1, 0.2)))
    given = torch.tensor([-1.0, -1.0]), member(3.0, 5.0), member(-2.0, -4.0), marginal
    rows = ablation.rows(LABELS, *given, of_data=True)
    assert value(rows, metric="nll_posterior") == pytest.approx(-4)
    assert value(rows, metric="nll_refined") == pytest.approx(-1)
    assert value(rows, metric="nll_likelihood") == pytest.approx(3)
    of_summary = ablation.rows(LABELS, *given, of_data=False)
    assert not select(of_summary, metric="nll_likelihood")


@pytest.fixture
def table(tmp_path):
    """Three seeds that differ by 10 nats, and ways to train that differ by .1, .2 and .6."""
    rows = [
        tables.row(LABELS | {"design": design}, "nll_posterior", 10.0 * seed + gap, seed=seed)
        for design, gaps in (("alone", (0.0, 0.0, 0.0)), ("jointly", (0.1, 0.2, 0.6)))
        for seed, gap in enumerate(gaps)
    ]
    tables.save(tmp_path / "t.csv", rows)
    return tables.load(tmp_path / "t.csv")


def test_differences_are_within_seeds(table):
    (row,) = ablation.paired(table, PAIRS)
    assert row["metric"] == "nll_posterior_joint" and row["quantity"] == "norm"
    assert row["value"] == pytest.approx(0.3)
    assert row["error"] == pytest.approx(math.sqrt((0.04 + 0.01 + 0.09) / 2 / 3))


def test_one_seed_has_no_error(table):
    (row,) = ablation.paired(table[table.seed == 0], PAIRS)
    assert row["error"] is None and row["value"] == pytest.approx(0.1)


def test_the_report_has_a_line_for_each_pair_and_a_panel_for_each_loss(table, tmp_path):
    rows = table.astype(object).to_dict("records") + ablation.paired(table, PAIRS)
    tables.save(tmp_path / "all.csv", rows)
    found = tables.load(tmp_path / "all.csv")
    assert report.lines(found) == [("norm", ["+0.300 ± 0.153", "", ""])]
    (panel,) = report.panels(found, PAIRS)
    assert panel.asked == ["norm"] and panel.values[0].shape == (2, 3)
    assert panel.values[0][1].tolist() == pytest.approx([0.1, 10.2, 20.6])

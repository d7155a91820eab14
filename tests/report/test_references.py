"""The reference fits' table."""

import math

from jana.io import tables
from jana.report.references import references


def table(tmp_path, rows):
    tables.save(tmp_path / "t.csv", rows)
    return tables.load(tmp_path / "t.csv")


def fit(index, ok=1.0, status="ok", bridged="ok", **metrics):
    labels = {"task": "two_moons", "method": "stan", "observation": index}
    rows = [tables.row(labels, "fit_ok", ok, setting=status)]
    for name, value in metrics.items():
        value, error = value if isinstance(value, tuple) else (value, math.nan)
        fields = {"setting": bridged} if name.startswith("lml") else {}
        rows.append(tables.row(labels, name, value, error=error, **fields))
    if "lml" in metrics:
        rows.append(tables.row(labels, "bridge_ok", float(bridged == "ok"), setting=bridged))
    return rows


def test_the_worst_of_all_fits_is_shown(tmp_path):
    rows = fit(0, fit_rhat=1.001, fit_ess=900.0, fit_divergences=0.0, lml=(2.0, 0.03))
    rows += fit(1, fit_rhat=1.004, fit_ess=500.0, fit_divergences=0.0, lml=(3.0, 0.04))
    rows += fit(2, 0.0, "R-hat", fit_rhat=1.2, fit_ess=7.0, fit_divergences=3.0, lml=(1.0, 0.0))
    rows += fit(3, 0.0, "failed")
    (one,) = references(table(tmp_path, rows))
    assert one.task == "two_moons" and one.passed == "2 of 4"
    assert one.failed == "R-hat: 1, failed: 1"
    assert (one.rhat, one.ess, one.divergences) == ("1.200", "7", "3")
    assert one.stated == "0.029" and one.evidence == one.c2st == ""
    assert one.bridged == "3 of 3"


def test_what_did_not_pass_counts_for_no_accuracy(tmp_path):
    rows = fit(0, lml=(2.0, 0.03), lml_error=(0.01, 0.03), c2st=0.51)
    rows += fit(1, 0.0, "R-hat", "heavy tails", lml=(2.0, 0.01), lml_error=(3.0, 0.01), c2st=0.9)
    (one,) = references(table(tmp_path, rows))
    assert (one.bridged, one.evidence, one.stated, one.c2st) == (
        "1 of 2",
        "0.010",
        "0.030",
        "0.510",
    )


def test_other_methods_are_no_reference_fits(tmp_path):
    rows = [tables.row({"task": "two_moons", "method": "jana"}, "c2st", 0.6)]
    rows += fit(0, lml_error=(0.3, 0.1), c2st=0.52)
    (one,) = references(table(tmp_path, rows))
    assert one.c2st == "0.520" and one.evidence == "0.300"
    assert references(table(tmp_path, rows[:1])) == []

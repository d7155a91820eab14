"""The report: self-contained, and its numbers are the table's."""

import re

import pytest

from jana.io import tables
from jana.plots import style
from jana.report import page, summary


@pytest.fixture
def table(tmp_path):
    labels = {"task": "two_moons", "design": "tuned"}
    rows = [
        tables.row(labels, "kl_joint", value, seed=seed, method="jana")
        for seed, value in enumerate([0.3, 0.1, 0.2])
    ]
    rows += [
        tables.row(labels, "c2st", value, seed=seed, observation=o, method="jana")
        for seed, value in enumerate([0.6, 0.5, 0.7])
        for o in range(2)
    ]
    rows += [tables.row({"task": "two_moons"}, "c2st", 0.51, observation=0, method="exact")]
    rows += [tables.row({**labels, "task": "other"}, "kl_joint", 99.0, seed=0, method="jana")]
    tables.save(tmp_path / "table.csv", rows)
    return tmp_path / "table.csv"


def test_a_line_is_the_median_over_seeds_with_the_extremes_and_the_floor(table):
    rows = tables.load(table)
    kl, c2st = summary.lines(rows[rows.task == "two_moons"], "tuned")
    assert (kl.value, kl.spread, kl.floor) == ("0.200", "0.100 to 0.300", "")
    assert (c2st.value, c2st.spread, c2st.floor) == ("0.600", "0.500 to 0.700", "0.510")


def test_the_page_is_one_file_that_loads_nothing(table, tmp_path):
    (tmp_path / "losses.png").write_bytes(style.png(style.figure(1.0), {}))
    (tmp_path / "losses.rst").write_text("How to\nread <it>.\n")
    shown = [("two_moons", "tuned", [str(tmp_path / "losses.png")])]
    out, captions = tmp_path / "report.html", [str(tmp_path / "losses.rst")]
    page.assemble(out, "smoke", table, shown, captions, {"git": "abc & co"})
    text = out.read_text()
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert sources and all(s.startswith(("data:image/png;base64,", "#")) for s in sources)
    assert not re.search(r"https?://|<script|<link|@import|url\(", text)
    assert "How to read &lt;it&gt;." in text and "abc &amp; co" in text and "0.200" in text
    assert "99.0" not in text


def test_small_values_and_kept_epochs_are_told_apart(tmp_path):
    labels = {"task": "two_moons", "design": "tuned"}
    rows = [
        tables.row(labels, "sbc_pvalue", 1e-4, seed=0, method="jana"),
        tables.row(labels, "outside_support", 0.0, seed=0, method="jana"),
        tables.row(labels, "lml_bias", -1e-4, seed=0, method="jana"),
        tables.row(labels, "best_epoch", 3.0, seed=0, quantity="posterior", method="jana"),
        tables.row(labels, "best_epoch", 0.0, seed=0, quantity="likelihood", method="jana"),
        tables.row(labels, "khat", 0.9, seed=0, observation=0, method="jana"),
        tables.row(labels, "khat", 0.1, seed=0, observation=1, method="jana"),
    ]
    tables.save(tmp_path / "table.csv", rows)
    lines = summary.lines(tables.load(tmp_path / "table.csv"), "tuned")
    found = {line.title: line.value for line in lines}
    assert found["posterior SBC, least adjusted p"] == "< 0.001"
    assert found["share of draws outside the prior"] == "0"
    assert found["log marginal likelihood, bias (nats)"] == "> -0.001"
    assert found["epoch kept, posterior network (0: regression)"] == "3"
    assert found["epoch kept, likelihood network (0: regression)"] == "0"
    assert found["evidence with k-hat above 0.7, not to be trusted (share)"] == "0.50"

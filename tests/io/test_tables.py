"""Tidy tables."""

import pytest

from jana.io import tables


def test_rows_come_back_with_every_column_and_digit(tmp_path):
    labels = {"experiment": "benchmarks", "task": "two_moons"}
    rows = [
        tables.row(labels, "c2st", 0.1 + 0.2, seed=0, observation=1),
        tables.row(labels, "train_seconds", 5.0, unit="s"),
    ]
    tables.save(tmp_path / "a.csv", rows)
    found = tables.load(tmp_path / "a.csv")
    assert tuple(found.columns) == tables.COLUMNS
    first = (tmp_path / "a.csv").read_text().splitlines()[1]
    assert first.startswith("benchmarks,two_moons,,,,,0,1,")
    assert found.value[0] == 0.1 + 0.2 and found.unit[1] == "s" and found.unit.isna()[0]


def test_tables_are_merged(tmp_path):
    for name, value in (("a", 1.0), ("b", 2.0)):
        tables.save(tmp_path / f"{name}.csv", [tables.row({"task": name}, "kl_joint", value)])
    tables.merge(tmp_path / "all.csv", [tmp_path / "a.csv", tmp_path / "b.csv"])
    found = tables.load(tmp_path / "all.csv")
    assert found.task.tolist() == ["a", "b"] and found.value.tolist() == [1.0, 2.0]


def test_an_unknown_column_is_refused():
    with pytest.raises(ValueError, match="not colour"):
        tables.row({}, "c2st", 0.5, colour="red")


def test_another_table_is_refused(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="has the columns"):
        tables.load(tmp_path / "other.csv")

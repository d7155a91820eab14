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


@pytest.fixture
def two(tmp_path):
    """One table with seeds, one without."""
    tables.save(tmp_path / "a.csv", [tables.row({"task": "a"}, "kl_joint", 1.0, seed=3)])
    tables.save(tmp_path / "b.csv", [tables.row({"task": "b"}, "kl_joint", 2.0)])
    return tmp_path / "a.csv", tmp_path / "b.csv"


def test_tables_are_merged_in_the_order_given(two):
    found = tables.merged(two)
    assert tuple(found.columns) == tables.COLUMNS and found.index.tolist() == [0, 1]
    assert found.task.tolist() == ["a", "b"] and found.value.tolist() == [1.0, 2.0]
    assert found.seed[0] == 3 and found.seed.isna()[1] and found.design.isna().all()


def test_a_merged_table_is_saved_as_its_parts_were(two, tmp_path):
    """As the workflow does; whole numbers stay whole, and what was empty stays empty."""
    tables.save(tmp_path / "all.csv", tables.merged(two).to_dict("records"))
    lines = [path.read_text().splitlines() for path in (tmp_path / "all.csv", *two)]
    assert lines[0] == [*lines[1], lines[2][1]]


def test_a_table_of_other_columns_is_not_merged(two, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"other\.csv has the columns"):
        tables.merged([*two, tmp_path / "other.csv"])


def test_an_unknown_column_is_refused():
    with pytest.raises(ValueError, match="not colour"):
        tables.row({}, "c2st", 0.5, colour="red")


def test_another_table_is_refused(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="has the columns"):
        tables.load(tmp_path / "other.csv")

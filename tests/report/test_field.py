"""C2ST beside published methods."""

import numpy as np
import pytest

from jana.io import tables
from jana.report import field

OURS = {"task": "slcp", "design": "tuned"}


def c2st(values, **fields):
    """One row for each seed (a list each) and observation."""
    return [
        tables.row(OURS, "c2st", value, seed=seed, observation=at, draws=1000, **fields)
        for seed, row in enumerate(values)
        for at, value in enumerate(row)
    ]


@pytest.fixture
def table(tmp_path):
    rows = [tables.row(OURS, "answer", 1.0, method="jana_refined")]
    rows += c2st([[0.6, 0.8], [0.7, 0.9], [0.5, 0.5]], method="jana")
    rows += c2st([[0.5, 0.6], [0.5, 0.6], [0.5, 0.6]], method="jana_refined")
    exact = {"task": "slcp", "method": "exact", "draws": 500}
    rows += [tables.row(exact, "c2st", 0.49 + 0.02 * at, observation=at) for at in range(2)]
    for method, value in (("npe", 0.901), ("nle", 0.771)):
        labels = {"task": "slcp", "method": method, "setting": "published", "draws": 10_000}
        rows.append(tables.row(labels, "c2st", value))
    labels = {"task": "sir_sbibm", "method": "npe", "setting": "published"}
    rows.append(tables.row(labels, "c2st", 0.68))  # of a task that was not run
    tables.save(tmp_path / "t.csv", rows)
    return tables.load(tmp_path / "t.csv")


def test_means_over_observations_medians_over_seeds_and_the_answer(table):
    (entry,) = field.entries(table)
    assert (entry.task, entry.design, entry.draws) == ("slcp", "tuned", 1000)
    assert (entry.floor, entry.floor_draws) == ("0.500", 500)
    assert entry.direct == field.Score("0.700", "0.60 to 0.80", False)
    assert entry.refined == field.Score("0.550", "0.50 to 0.60", True)
    assert entry.others == ["0.901", "0.771"]


def test_a_kind_of_draws_that_was_not_judged_is_empty(table):
    (entry,) = field.entries(table[table.method != "jana"])
    assert entry.direct == field.Score("", "", False) and entry.refined.answer


def test_a_picture_has_every_observation_and_the_published_means(table):
    picture = field.picture(table, "tuned")
    assert picture.tasks == ["slcp"] and set(picture.ours) == {"jana", "jana_refined", "exact"}
    each, whole = picture.ours["jana"]["slcp"]
    np.testing.assert_allclose(each, [0.6, 0.8])
    assert whole == pytest.approx(0.7) and picture.draws == 1000
    assert picture.published == {"npe": {"slcp": 0.901}, "nle": {"slcp": 0.771}}

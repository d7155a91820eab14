"""Which draws are a pair's answer, and which are judged by C2ST."""

import pytest
from tidy import LABELS, table

from jana.io import tables
from jana.judge import c2st
from jana.judge.answers import answer


def powers(*values):
    return [tables.row(LABELS, "pooling", value, seed=s) for s, value in enumerate(values)]


@pytest.mark.parametrize(
    "values, expected",
    [
        ((0.1, 0.2, 0.0), "jana_refined"),
        ((0.0, 0.0, 1.0), "jana"),
        ((0.0,), "jana"),
        ((), "jana"),
    ],
)
def test_the_answer_is_what_validation_data_prefer_in_the_median(values, expected, tmp_path):
    rows = [*powers(*values), tables.row(LABELS, "c2st", 0.9, method="jana_refined")]
    assert answer(table(rows, tmp_path / "t.csv")) == expected


def test_in_few_dimensions_both_kinds_are_judged_and_else_the_answer_alone():
    assert c2st.methods("jana", 2, 4) == {"jana": "posterior", "jana_refined": "refined"}
    assert c2st.methods("jana", 5, 4) == {"jana": "posterior"}
    assert c2st.methods("jana_refined", 5, 4) == {"jana_refined": "refined"}

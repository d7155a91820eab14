"""A user's counts: read as they are, and refused with the line that is wrong."""

from datetime import date

import pytest

from jana.io import cases

NAMES = ("infected", "dead")
GOOD = ["date,infected,dead", "2020-02-28,5,0", "2020-02-29,7,1", "2020-03-01,7,1"]


def load(tmp_path, lines, kind="daily", days=3):
    path = tmp_path / "own.csv"
    path.write_text("\n".join(lines) + "\n")
    return cases.load(path, NAMES, kind, days)


def test_daily_counts_are_taken_as_they_are_and_other_columns_left_out(tmp_path):
    lines = [
        "dead, date,place,infected",
        "0,2020-02-28,x,5",
        "1,2020-02-29,y,7.5",
        "1,2020-03-01,,7",
    ]
    found = load(tmp_path, lines)
    assert found == (date(2020, 2, 28), [[5, 0], [7.5, 1], [7, 1]])


def test_cumulative_counts_give_differences_and_the_first_row_no_day(tmp_path):
    found = load(tmp_path, GOOD, "cumulative", 2)
    assert found == (date(2020, 2, 29), [[2, 1], [0, 0]])


@pytest.mark.parametrize(
    ("lines", "kind", "said"),
    [
        ([*GOOD[:2], GOOD[3]], "daily", "2020-02-28 in line 2 is followed by 2020-03-01"),
        ([*GOOD[:2], GOOD[1], *GOOD[2:]], "daily", "in line 2 is followed by 2020-02-28"),
        ([GOOD[0], *reversed(GOOD[1:])], "daily", "sort the rows"),
        ([*GOOD[:3], "2020-03-01,-7,1"], "daily", "infected in line 4 is '-7'"),
        ([*GOOD[:3], "2020-03-01,7,"], "daily", "dead in line 4 is ''"),
        ([*GOOD[:3], "2020-03-01,7"], "daily", "dead in line 4 is None"),
        ([*GOOD[:3], "2020-03-01,nan,1"], "daily", "infected in line 4 is 'nan'"),
        ([*GOOD[:3], "1.3.2020,7,1"], "daily", "line 4 has '1.3.2020'"),
        (["date,cases,dead", *GOOD[1:]], "daily", "lacks infected (it has date, cases, dead)"),
        ([], "daily", "lacks date, infected, dead (it has none)"),
        ([*GOOD[:3], "2020-03-01,6,1"], "cumulative", "infected falls from 7 to 6 on 2020-03-01"),
        (GOOD[:3], "daily", "needs 3 days, but has 2 rows"),
        (GOOD, "cumulative", "needs 3 days and the day before, but has 3 rows"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, lines, kind, said):
    with pytest.raises(ValueError) as error:
        load(tmp_path, lines, kind)
    assert said in str(error.value)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    (tmp_path / "own.csv").write_bytes(b"\xff\xfe\x00\x01" * 10)
    for name in ("own.csv", "none.csv"):
        with pytest.raises(ValueError, match="cannot be read"):
            cases.load(tmp_path / name, NAMES, "daily", 3)

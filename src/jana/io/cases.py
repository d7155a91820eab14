"""A user's series of counts by day, as CSV: read, and refused unless it is whole.

The Snakefile imports this module to plan, so it may import the standard library only.
"""

import csv
import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

KINDS = ("daily", "cumulative")


class Cases(NamedTuple):
    """Daily counts.

    Attributes:
        first: The first day.
        counts: One row a day, one number for each column.
    """

    first: date
    counts: list[list[float]]


def load(path: Path | str, columns: Sequence[str], kind: str, days: int) -> Cases:
    """Reads a series.

    Args:
        path: A CSV file with a header, a column `date` (as 2020-03-01) and those of `columns`; it
            may have others. One row a day, in order.
        columns: Whose counts.
        kind: "daily" counts, or "cumulative" ones: of these the first row is what there was
            before, and gives no day.
        days: How many days are needed; more are read too.

    Raises:
        ValueError: If a column is missing, a row is out of order or a day without one, a number is
            none, negative or less than one that it includes, or days are too few.
    """
    rows = _rows(Path(path), columns)
    for (line, one, _), (_, other, _) in pairwise(rows):
        if other != one + timedelta(days=1):
            raise ValueError(
                f"{path} needs a row for every day in order, but {one} in line {line} is followed "
                f"by {other}: sort the rows, leave no day out and none twice"
            )
    counts = [values for _, _, values in rows]
    if kind == "cumulative":
        for (line, day, values), before in zip(rows[1:], counts, strict=False):
            for name, value, lower in zip(columns, values, before, strict=True):
                if value < lower:
                    raise ValueError(
                        f"{path} needs cumulative counts that never fall, but {name} falls from "
                        f"{lower:g} to {value:g} on {day} in line {line}: mend the reports, or "
                        "set kind: daily"
                    )
        pairs = pairwise(counts)
        counts = [[b - a for a, b in zip(*pair, strict=True)] for pair in pairs]
    if len(counts) < days:
        raise ValueError(
            f"{path} needs {days} days{' and the day before' if kind == 'cumulative' else ''}, but "
            f"has {len(rows)} rows: the networks were trained on series of {days} days"
        )
    first = rows[kind == "cumulative"][1]
    return Cases(first, counts)


def _rows(path: Path, columns: Sequence[str]) -> list[tuple[int, date, list[float]]]:
    """Line, day and numbers of each row."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"a CSV file of counts is needed at {path}, but it cannot be read ({error}): mend the "
            "path or the file"
        ) from error
    table = csv.DictReader(text.splitlines())
    names = [name.strip() for name in table.fieldnames or ()]
    lacking = [name for name in ("date", *columns) if name not in names]
    if lacking:
        raise ValueError(
            f"{path} needs the columns date, {', '.join(columns)}, but lacks {', '.join(lacking)} "
            f"(it has {', '.join(names) or 'none'}): rename or add them"
        )
    table.fieldnames = names
    rows = []
    for row in table:
        line = table.line_num  # blank ones are skipped
        numbers = [_count(path, line, name, row[name]) for name in columns]
        rows.append((line, _day(path, line, row["date"]), numbers))
    return rows


def _day(path: Path, line: int, text: str | None) -> date:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError as error:
        raise ValueError(
            f"{path} needs dates such as 2020-03-01, but line {line} has {text!r}: write it so"
        ) from error


def _count(path: Path, line: int, name: str, text: str | None) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(
            f"{path} needs counts that are 0 or more, but {name} in line {line} is {text!r}: mend "
            "the reports; days without any are 0"
        )
    return value

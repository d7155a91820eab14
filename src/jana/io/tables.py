"""Tidy tables of metrics as CSV: every number that a figure, the report or a claim uses."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from .atomic import atomically

COLUMNS = (
    "experiment",
    "task",
    "design",
    "method",
    "setting",
    "budget",
    "seed",
    "observation",
    "quantity",
    "draws",
    "metric",
    "value",
    "error",
    "unit",
)
WHOLE = ("budget", "seed", "observation", "draws")  # columns of whole numbers, or empty


def row(labels: dict, metric: str, value: float, **fields: object) -> dict:
    """One metric.

    Args:
        labels: Columns that the whole job shares (experiment, task, design, ...).
        metric: What was measured.
        value: Its value, never rounded.
        fields: Further columns; `error` is the Monte Carlo standard error.

    Raises:
        ValueError: If a column is not one of `COLUMNS`.
    """
    found = labels | fields | {"metric": metric, "value": value}
    unknown = sorted(set(found) - set(COLUMNS))
    if unknown:
        raise ValueError(f"a table has the columns {', '.join(COLUMNS)}, not {', '.join(unknown)}")
    return found


def save(path: Path | str, rows: Iterable[dict]) -> None:
    """Writes rows atomically; columns that a row lacks stay empty."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    with atomically(path) as part:
        table.astype(dict.fromkeys(WHOLE, "Int64")).to_csv(part, index=False)


def load(path: Path | str) -> pd.DataFrame:
    """Reads what `save` wrote.

    Raises:
        ValueError: If the columns are others.
    """
    dtypes = dict.fromkeys(WHOLE, "Int64")
    table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dtypes)
    if tuple(table.columns) != COLUMNS:
        raise ValueError(f"{path} has the columns {list(table.columns)}, not {list(COLUMNS)}")
    return table


def merged(parts: Iterable[Path | str] | str) -> pd.DataFrame:
    """One table out of several, or of one; rows that stand in more than one, once."""
    tables = [load(part).astype(object) for part in ([parts] if isinstance(parts, str) else parts)]
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(tables, ignore_index=True).drop_duplicates(ignore_index=True)

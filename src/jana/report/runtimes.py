"""Where the time went, from its rows of the tidy table."""

from typing import NamedTuple

import pandas as pd


class Spent(NamedTuple):
    """Jobs of one kind in one experiment; times in minutes, memory in GB."""

    experiment: str
    kind: str
    jobs: str
    wall: str
    longest: str
    cpu: str
    memory: str


class Took(NamedTuple):
    """All jobs in a sentence, and a line for each experiment and kind of job."""

    total: str
    lines: list[Spent]


def took(table: pd.DataFrame) -> Took | None:
    """What took longest first; None without any jobs."""
    if table.empty:
        return None
    wide = table.pivot(index=["experiment", "quantity"], columns="metric", values="value")
    wide = wide.sort_values("wall_seconds", ascending=False)
    minutes = wide.wall_seconds.sum() / 60
    total = f"{int(wide.jobs.sum()):,} jobs of {minutes:,.0f} minutes in all"
    return Took(total, [_line(*names, row) for names, row in wide.iterrows()])


def _line(experiment: str, kind: str, row: pd.Series) -> Spent:
    times = (row[f"{name}_seconds"] / 60 for name in ("wall", "longest", "cpu"))
    peak = row.get("peak_mb")
    memory = "" if pd.isna(peak) else f"{peak / 1000:.1f}"
    return Spent(experiment, kind, f"{int(row.jobs)}", *(f"{m:.1f}" for m in times), memory)

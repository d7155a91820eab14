"""The reference fits' part of the report, from their rows of the tidy table."""

from typing import NamedTuple

import pandas as pd


class Reference(NamedTuple):
    """What the fits of one task are worth, in words and numbers.

    Attributes:
        task: Whose posteriors.
        passed: How many fits passed their gate.
        failed: What the others did not pass, and how often.
        rhat: The largest.
        ess: The smallest.
        divergences: Of all fits together.
        evidence: Root mean square error of log marginal likelihoods, or nothing without an exact
            answer.
        stated: Root mean square of the errors that bridge sampling states.
        c2st: Mean against exact draws, or nothing.
    """

    task: str
    passed: str
    failed: str
    rhat: str
    ess: str
    divergences: str
    evidence: str
    stated: str
    c2st: str


def references(table: pd.DataFrame) -> list[Reference]:
    """A line for every task with reference fits."""
    fits = table[table.method == "stan"]
    return [_one(task, fits[fits.task == task]) for task in fits.task.unique()]


def _one(task: str, rows: pd.DataFrame) -> Reference:
    def values(metric: str) -> pd.Series:
        return rows[rows.metric == metric].value

    def shown(metric: str, measure: str, digits: int) -> str:
        found = values(metric)
        return f"{getattr(found, measure)():.{digits}f}" if len(found) else ""

    def root_mean_square(found: pd.Series) -> str:
        return f"{(found**2).mean() ** 0.5:.3f}" if len(found) else ""

    gate = rows[rows.metric == "fit_ok"]
    failed = gate[gate.value == 0].setting.value_counts()
    return Reference(
        task,
        f"{int(gate.value.sum())} of {len(gate)}",
        ", ".join(f"{name}: {count}" for name, count in failed.items()),
        shown("fit_rhat", "max", 3),
        shown("fit_ess", "min", 0),
        shown("fit_divergences", "sum", 0),
        root_mean_square(values("lml_error")),
        root_mean_square(rows[rows.metric == "lml"].error),
        shown("c2st", "mean", 3),
    )

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
        bridged: How many bridges are to be trusted.
        evidence: Root mean square error of their log marginal likelihoods, or nothing without an
            exact answer.
        stated: Root mean square of the errors that they state.
        c2st: Mean against exact draws, of fits that passed, or nothing.
    """

    task: str
    passed: str
    failed: str
    rhat: str
    ess: str
    divergences: str
    bridged: str
    evidence: str
    stated: str
    c2st: str


def references(table: pd.DataFrame) -> list[Reference]:
    """A line for every task with reference fits."""
    fits = table[table.method == "stan"]
    return [_one(task, fits[fits.task == task]) for task in fits.task.unique()]


def _one(task: str, rows: pd.DataFrame) -> Reference:
    def shown(metric: str, measure: str, digits: int, among: pd.DataFrame = rows) -> str:
        found = among[among.metric == metric].value
        return f"{getattr(found, measure)():.{digits}f}" if len(found) else ""

    def root_mean_square(found: pd.Series) -> str:
        return f"{(found**2).mean() ** 0.5:.3f}" if len(found) else ""

    gate, bridge = rows[rows.metric == "fit_ok"], rows[rows.metric == "bridge_ok"]
    passed = rows[rows.observation.isin(gate[gate.value == 1].observation)]
    trusted = rows[rows.setting == "ok"]
    failed = gate[gate.value == 0].setting.value_counts()
    return Reference(
        task,
        f"{int(gate.value.sum())} of {len(gate)}",
        ", ".join(f"{name}: {count}" for name, count in failed.items()),
        shown("fit_rhat", "max", 3),
        shown("fit_ess", "min", 0),
        shown("fit_divergences", "sum", 0),
        f"{int(bridge.value.sum())} of {len(bridge)}",
        root_mean_square(trusted[trusted.metric == "lml_error"].value),
        root_mean_square(trusted[trusted.metric == "lml"].error),
        shown("c2st", "mean", 3, passed),
    )

"""The epidemic's part of the report, from its tidy table."""

from typing import NamedTuple

import pandas as pd

SCORES = {  # by metric and quantity: words and digits
    ("crps", "all"): ("CRPS (thousands)", 3),
    ("energy_score", ""): ("energy score (thousands)", 1),
    ("coverage_50", "all"): ("within 50 % bands", 3),
    ("coverage_95", "all"): ("within 95 % bands", 3),
    ("zeros", "all"): ("share of zeros", 4),
    ("negative", "all"): ("share below zero", 4),
    ("nll_positive", ""): ("loss of positive reports (nats a day)", 2),
}
SERIES = ("infected", "recovered", "dead")
WORST = {  # by metric: words, digits, and which of the series is the worst
    "autocorrelation_rmse": ("autocorrelation, largest RMSE of a series", 3, max),
    "peak_day_pvalue": ("day of the peak, least p", 3, min),
    "peak_height_pvalue": ("height of the peak, least p", 3, min),
}
IDENTIFIED = ("sigma I", "sigma R", "sigma D", "phi I", "phi R", "phi D")


class Scored(NamedTuple):
    """One number, of the simulator itself, of the static forecast and of every design."""

    task: str
    words: str
    cells: list[str]


class Identified(NamedTuple):
    """One parameter: adjusted p-values of SBC and joint SBC, and contraction, by design."""

    task: str
    name: str
    cells: list[list[str]]


class Lost(NamedTuple):
    """Losses in the paper's units, after so many simulations."""

    task: str
    design: str
    simulations: str
    posterior: str
    likelihood: str


class Flagged(NamedTuple):
    """The share of changed data that is flagged, by how one looks."""

    task: str
    design: str
    change: str
    cells: list[str]


class Observed(NamedTuple):
    """What a user's series came to."""

    task: str
    design: str
    name: str
    cells: list[str]


FOLLOWED = {
    "gap_pvalue": "p of being typical",
    "outside_support": "draws the prior excludes",
    "predictive_coverage_50": "within 50 %",
    "predictive_coverage_95": "within 95 %",
    "forecast_coverage_50": "later days within 50 %",
    "forecast_coverage_95": "later days within 95 %",
}


def scores(table: pd.DataFrame, designs: list[str]) -> list[Scored]:
    """A line for every task and score, medians over seeds."""
    found = []
    for task, rows in _measured(table).groupby("task", sort=False):
        for (metric, quantity), (words, digits) in SCORES.items():
            some = rows[(rows.metric == metric) & (rows.quantity.fillna("") == quantity)]
            found.append(Scored(task, words, _cells(some, designs, digits)))
        for metric, (words, digits, worst) in WORST.items():
            some = rows[(rows.metric == metric) & rows.quantity.isin(SERIES)]
            keys = ["design", "method", "seed"]
            some = some.assign(seed=some.seed.fillna(0), value=some.value.astype(float))
            some = some.groupby(keys, dropna=False).value.agg(worst).reset_index()
            found.append(Scored(task, words, _cells(some, designs, digits)))
    return found


def identified(table: pd.DataFrame, designs: list[str]) -> list[Identified]:
    """A line for every noise scale and phase."""
    found, measured = [], _measured(table)
    for task, rows in measured[measured.method == "jana"].groupby("task", sort=False):
        for name in IDENTIFIED:
            some = rows[rows.quantity == name]
            cells = [
                [
                    _text(some[(some.design == d) & (some.metric == metric)].value, digits)
                    for metric, digits in (
                        ("sbc_pvalue", 3),
                        ("jsbc_pvalue", 3),
                        ("contraction", 2),
                    )
                ]
                for d in designs
            ]
            found.append(Identified(task, name, cells))
    return found


def losses(table: pd.DataFrame) -> list[Lost]:
    """Ours and the published ones, by simulations seen."""
    some = table[table.metric.isin(["loss_posterior", "loss_likelihood"])]
    found = []
    keys = [some.task, some.design.where(some.setting != "published", "published"), some.budget]
    for (task, design, budget), rows in some.groupby(keys, sort=False):
        each = (
            _text(rows[rows.metric == metric].value, 2)
            for metric in ("loss_posterior", "loss_likelihood")
        )
        found.append(Lost(task, design, f"{int(budget):,}", *each))
    return found


def flagged(table: pd.DataFrame) -> tuple[list[str], list[Flagged]]:
    """How one looks, and a line for every change."""
    some = table[table.metric == "flagged_share"]
    ways = list(dict.fromkeys(zip(some.setting, some.draws, strict=True)))
    words = [f"{setting}, {'one series' if n == 1 else f'{int(n)} series'}" for setting, n in ways]
    found = []
    for (task, design, change), rows in some.groupby(["task", "design", "quantity"], sort=False):
        cells = [_text(rows[(rows.setting == s) & (rows.draws == n)].value, 3) for s, n in ways]
        found.append(Flagged(task, design, change, cells))
    return words, found


def observed(table: pd.DataFrame) -> list[Observed]:
    """A line for every series, task and design."""
    some = table[table.setting.fillna("").str.startswith("observed: ")]
    found = []
    for (task, design, setting), rows in some.groupby(["task", "design", "setting"], sort=False):
        cells = [_text(rows[rows.metric == metric].value, 3) for metric in FOLLOWED]
        found.append(Observed(task, design, setting.removeprefix("observed: "), cells))
    return found


def _measured(table: pd.DataFrame) -> pd.DataFrame:
    """What is neither published nor of a setting of its own."""
    return table[table.setting.isna()]


def _cells(rows: pd.DataFrame, designs: list[str], digits: int) -> list[str]:
    own = [rows[(rows.method == "jana") & (rows.design == design)] for design in designs]
    parts = [rows[rows.method == method] for method in ("exact", "static")]
    return [_text(part.value, digits) for part in (*parts, *own)]


def _text(values: pd.Series, digits: int) -> str:
    return f"{values.astype(float).median():.{digits}f}" if len(values) else ""

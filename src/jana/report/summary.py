"""Tidy tables turned into the rows that a person reads."""

from typing import NamedTuple

import pandas as pd


class Metric(NamedTuple):
    """How one metric stands in the summary.

    Attributes:
        key: Its name in the table.
        title: What a reader sees.
        digits: Decimals.
        over: How the rows of one seed become one number: "mean", "min" or "poor" (the share
            above 0.7).
        quantity: Only rows of this quantity, if given.
    """

    key: str
    title: str
    digits: int
    over: str = "mean"
    quantity: str | None = None


METRICS = (
    Metric("kl_joint", "joint KL to the exact densities (nats)", 3),
    Metric("kl_posterior", "posterior KL (nats)", 3),
    Metric("kl_likelihood", "likelihood KL (nats)", 3),
    Metric("nll_posterior", "held-out posterior loss (nats)", 3),
    Metric("nll_likelihood", "held-out likelihood loss (nats)", 3),
    Metric("c2st", "C2ST, mean of observations", 3),
    Metric("sbc_pvalue", "posterior SBC, least adjusted p", 3, "min"),
    Metric("jsbc_pvalue", "joint SBC, least adjusted p", 3, "min"),
    Metric("contraction", "contraction, mean of parameters", 3),
    Metric("outside_support", "share of draws outside the prior", 6),
    Metric("lml_rmse", "log marginal likelihood, RMSE (nats)", 3),
    Metric("lml_bias", "log marginal likelihood, bias (nats)", 3),
    Metric("khat", "evidence with k-hat above 0.7, not to be trusted (share)", 2, "poor"),
    Metric("best_epoch", "epoch kept, posterior network (0: regression)", 0, "mean", "posterior"),
    Metric("best_epoch", "epoch kept, likelihood network (0: regression)", 0, "mean", "likelihood"),
    Metric("skipped", "training steps left out as not finite", 0),
    Metric("train_seconds", "training of all seeds together (s)", 0),
)

OVER = {"mean": "mean", "min": "min", "poor": lambda values: (values > 0.7).mean()}


class Line(NamedTuple):
    """One row of a task's summary: the median over seeds, the least to the largest, the floor."""

    title: str
    value: str
    spread: str
    floor: str


def lines(table: pd.DataFrame, design: str) -> list[Line]:
    """The summary of one task and design; metrics without rows are left out."""
    ours = table[(table.design == design) & (table.method == "jana")]
    exact = table[table.method == "exact"]
    found = ((metric, _by_seed(ours, metric)) for metric in METRICS)
    return [_line(metric, seeds, _by_seed(exact, metric)) for metric, seeds in found if len(seeds)]


def _by_seed(table: pd.DataFrame, metric: Metric) -> pd.Series:
    """One number per seed; rows without a seed count as one."""
    rows = table[table.metric == metric.key]
    if metric.quantity is not None:
        rows = rows[rows.quantity == metric.quantity]
    return rows.value.astype(float).groupby(rows.seed.fillna(0)).agg(OVER[metric.over])


def _line(metric: Metric, seeds: pd.Series, floor: pd.Series) -> Line:
    def text(value: float) -> str:
        if 0 < abs(value) < 0.5 * 10**-metric.digits:
            return f"< {10**-metric.digits:g}" if value > 0 else f"> -{10**-metric.digits:g}"
        return f"{value:.{metric.digits}f}" if value else "0"

    spread = f"{text(seeds.min())} to {text(seeds.max())}" if len(seeds) > 1 else ""
    return Line(
        metric.title, text(seeds.median()), spread, text(floor.median()) if len(floor) else ""
    )

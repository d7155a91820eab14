"""Tidy tables turned into the rows that a person reads."""

from typing import NamedTuple

import pandas as pd

from ..evidence import LARGEST_KHAT


class Metric(NamedTuple):
    """How one metric stands in the summary.

    Attributes:
        key: Its name in the table.
        title: What a reader sees.
        digits: Decimals.
        over: How the rows of one seed become one number: see `OVER`.
        quantity: Only rows of this quantity, if given.
        method: Whose rows.
    """

    key: str
    title: str
    digits: int
    over: str = "mean"
    quantity: str | None = None
    method: str = "jana"


OVER = {
    "mean": "mean",
    "min": "min",
    "poor": lambda values: (values > LARGEST_KHAT).mean(),  # of k-hats
    "small": lambda values: (values <= 0.05).mean(),  # of p-values
}
METRICS = (
    Metric("kl_joint", "joint KL to the exact densities (nats)", 3),
    Metric("kl_posterior", "posterior KL (nats)", 3),
    Metric("kl_likelihood", "likelihood KL (nats)", 3),
    Metric("nll_posterior", "held-out posterior loss (nats)", 3),
    Metric("nll_likelihood", "held-out likelihood loss (nats)", 3),
    Metric("gain_posterior", "gain of the posterior over the prior (nats)", 3),
    Metric("c2st", "C2ST, mean of observations", 3),
    Metric("c2st", "C2ST of refined draws", 3, method="jana_refined"),
    Metric("mmd2", "MMD², mean of observations", 4),
    Metric("mmd2", "MMD² of refined draws", 4, method="jana_refined"),
    Metric("mmd_pvalue", "MMD: share of observations with p ≤ 0.05", 2, "small"),
    Metric("khat", "k-hat against the exact density above 0.7 (share)", 2, "poor", None,
           "jana_true_likelihood"),
    Metric("refined", "observations whose draws could be refined (share)", 2,
           method="jana_refined"),
    Metric("pooling", "likelihood network's share of the pool (power)", 2, method="jana_refined"),
    Metric("refined_gain", "gain of the refined over the direct posterior (nats)", 3),
    Metric("sbc_pvalue", "posterior SBC and TARP, least adjusted p", 3, "min"),
    Metric("jsbc_pvalue", "joint SBC and TARP, least adjusted p", 3, "min"),
    Metric("sbc_pvalue", "posterior SBC of the refined posterior, least adjusted p", 3, "min",
           method="jana_refined"),
    Metric("jsbc_pvalue", "joint SBC of the refined posterior (given at power 1), least adjusted p",
           3, "min", method="jana_refined"),
    Metric("contraction", "contraction, mean of parameters", 3),
    Metric("outside_support", "share of draws outside the prior", 6),
    Metric("lml_rmse", "log marginal likelihood, RMSE (nats)", 3),
    Metric("lml_bias", "log marginal likelihood, bias (nats)", 3),
    Metric("khat", "evidence with k-hat above 0.7, not to be trusted (share)", 2, "poor"),
    Metric("lpd_rmse", "log predictive density of new data, RMSE (nats)", 3),
    Metric("lpd_bias", "log predictive density of new data, bias (nats)", 3),
    Metric("loo_rmse", "leave-one-out, RMSE of totals (nats)", 3),
    Metric("loo_bias", "leave-one-out, bias of totals (nats)", 3),
    Metric("loo_pointwise_rmse", "leave-one-out, RMSE of single trials (nats)", 4),
    Metric("loo_bias", "leave-one-out by PSIS, bias of totals (nats)", 3, method="jana_psis"),
    Metric("best_epoch", "epoch kept, posterior network (0: regression)", 0, "mean", "posterior"),
    Metric("best_epoch", "epoch kept, likelihood network (0: regression)", 0, "mean", "likelihood"),
    Metric("skipped", "training steps left out as not finite", 0),
    Metric("train_seconds", "training of all seeds together (s)", 0),
)  # fmt: skip


class Cell(NamedTuple):
    """One design's number: the median over seeds, and the least to the largest."""

    value: str
    spread: str


class Line(NamedTuple):
    """One row of a task's summary.

    Attributes:
        title: What was measured.
        cells: By design, in the order asked for; empty where there is none.
        published: The literature's number.
        exact: What exact draws or densities score on the same data.
    """

    title: str
    cells: list[Cell]
    published: str
    exact: str


class Verdict(NamedTuple):
    """One question about one design: the answer, and the measure it rests on."""

    good: bool
    measure: str


def lines(table: pd.DataFrame, designs: list[str]) -> list[Line]:
    """The summary of one task; metrics without rows are left out."""
    ours, published = table[table.setting.isna()], table[table.setting == "published"]
    found = []
    for metric in METRICS:
        columns = [_by_seed(ours[ours.design == design], metric) for design in designs]
        if any(len(seeds) for seeds in columns):
            exact = _by_seed(ours, metric._replace(method="exact"))
            extra = (_median(seeds, metric) for seeds in (_by_seed(published, metric), exact))
            cells = [Cell(_median(seeds, metric), _spread(seeds, metric)) for seeds in columns]
            found.append(Line(metric.title, cells, *extra))
    return found


def verdicts(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, Verdict]]:
    """By task and design, then by question."""
    found: dict[tuple[str, str], dict[str, Verdict]] = {}
    rows = table[table.metric.isin(["verdict", "verdict_measure"])]
    for (task, design), part in rows.groupby(["task", "design"], sort=False):
        values = part.pivot(index="quantity", columns="metric", values="value").astype(float)
        found[task, design] = {
            question: Verdict(bool(values.verdict[question]), f"{measure:.2g}")
            for question, measure in values.verdict_measure.loc[part.quantity.unique()].items()
        }
    return found


def flagged(table: pd.DataFrame) -> tuple[list[str], list[tuple[str, int, list[float]]]]:
    """The checks, and for each fault its repeats and the share that each check flags."""
    checks = list(table.quantity.unique())
    faults = [
        (fault, int(rows.draws.iloc[0]), [float(rows.value[check]) for check in checks])
        for fault, rows in (
            (fault, part.set_index("quantity"))
            for fault, part in table.groupby("method", sort=False)
        )
    ]
    return checks, faults


def _by_seed(table: pd.DataFrame, metric: Metric) -> pd.Series:
    """One number per seed; rows without a seed count as one."""
    rows = table[(table.metric == metric.key) & (table.method == metric.method)]
    if metric.quantity is not None:
        rows = rows[rows.quantity == metric.quantity]
    return rows.value.astype(float).groupby(rows.seed.fillna(0)).agg(OVER[metric.over])


def _median(seeds: pd.Series, metric: Metric) -> str:
    return _text(seeds.median(), metric.digits) if len(seeds) else ""


def _spread(seeds: pd.Series, metric: Metric) -> str:
    ends = (_text(end, metric.digits) for end in (seeds.min(), seeds.max()))
    return " to ".join(ends) if len(seeds) > 1 else ""


def _text(value: float, digits: int) -> str:
    if 0 < abs(value) < 0.5 * 10**-digits:
        return f"< {10**-digits:g}" if value > 0 else f"> -{10**-digits:g}"
    return f"{value:.{digits}f}" if value else "0"

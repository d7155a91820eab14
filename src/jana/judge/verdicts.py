"""Verdicts: each measure of the tidy table against a threshold of the configuration."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pandas as pd

from ..evidence import LARGEST_KHAT
from ..io.tables import row
from .answers import answer


class Verdict(NamedTuple):
    """One question about one task and design.

    Attributes:
        quantity: What is asked.
        measure: What the answer rests on: the median over seeds; of draws outside the prior, the
            largest share.
        good: Whether it is within its threshold.
    """

    quantity: str
    measure: float
    good: bool


def rows(table: pd.DataFrame, thresholds: dict[str, float]) -> list[dict]:
    """Rows of every task and design: `verdict_measure` and `verdict` (1 good, 0 not).

    Args:
        table: Tidy rows of all jobs.
        thresholds: `benchmarks.verdicts` of the configuration.
    """
    found = []
    ours = table[table.design.notna() & table.setting.isna()]
    for (experiment, task, design), part in ours.groupby(["experiment", "task", "design"]):
        labels = {"experiment": experiment, "task": task, "design": design, "method": "jana"}
        exact = table[(table.task == task) & (table.method == "exact")]
        for verdict in verdicts(part, exact, thresholds):
            found += [
                row(labels, "verdict", float(verdict.good), quantity=verdict.quantity),
                row(labels, "verdict_measure", verdict.measure, quantity=verdict.quantity),
            ]
    return found


def verdicts(
    ours: pd.DataFrame, exact: pd.DataFrame, thresholds: dict[str, float]
) -> Iterator[Verdict]:
    """Of one task and design; questions that no row answers are left out."""
    answered, ours = (ours[ours.method == method] for method in (answer(ours), "jana"))

    def by_seed(metric: str, over: str | Callable, among: pd.DataFrame = ours) -> pd.Series:
        chosen = among[among.metric == metric]
        return chosen.value.astype(float).groupby(chosen.seed.fillna(0)).agg(over)

    kinds = [by_seed(metric, "min") for metric in ("sbc_pvalue", "jsbc_pvalue")]
    least = len(kinds) * pd.concat(kinds, axis=1).min(axis=1)  # for as many kinds of ranks
    poor = by_seed("khat", lambda values: (values > LARGEST_KHAT).mean())
    questions = [
        ("calibrated", least.clip(upper=1), thresholds["calibrated"], True),
        ("within the prior", by_seed("outside_support", "max"), 0.0, False),
        ("informative", *_gain(by_seed("gain_posterior", "mean"), exact, thresholds), True),
        ("accurate", by_seed("c2st", "mean", answered), thresholds["accurate"], False),
        ("evidence trusted", poor, thresholds["trusted"], False),
    ]
    for quantity, seeds, threshold, at_least in questions:
        if len(seeds):
            # One draw outside is one too many, and a value that is no number is no good one.
            measure = float(seeds.max() if quantity == "within the prior" else seeds.median())
            good = measure >= threshold if at_least else measure <= threshold
            yield Verdict(quantity, measure, bool(good and seeds.notna().all()))


def _gain(
    gain: pd.Series, exact: pd.DataFrame, thresholds: dict[str, float]
) -> tuple[pd.Series, float]:
    """The gain over the prior and its threshold; a share of the exact gain, where it is known."""
    best = exact[exact.metric == "gain_posterior"].value
    if len(best):
        return gain / float(best.iloc[0]), thresholds["informative"]
    return gain, thresholds["informative_gain"]

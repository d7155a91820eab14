"""What the comparison shows, and joint beside separate training, from its tidy table."""

from typing import Any, NamedTuple

import pandas as pd

from ..io.contests import GROUP
from .comparison import METHODS, named


class Claim(NamedTuple):
    """What was to be shown, and whether it was."""

    task: str
    words: str
    good: bool
    measure: str


def claims(table: pd.DataFrame) -> list[Claim]:
    """Every claim, in the table's order."""
    keys = [*GROUP, "quantity"]
    measures, limits = (
        table[table.metric == f"claim_{name}"].set_index(keys).value.to_dict()
        for name in ("measure", "limit")
    )

    def measure(key: tuple) -> str:
        least = f", at most {limits[key]:.3f}" if key in limits else ""
        return f"{measures[key]:.3f}{least}"

    return [
        Claim(
            line.task,
            f"{named(line)}: {line.quantity}",
            line.value == 1,
            measure(tuple(getattr(line, key) for key in keys)),
        )
        for line in table[table.metric == "claim"].itertuples()
    ]


def pairs(table: pd.DataFrame) -> list[list[str]]:
    """Joint less separate training: by task, draws and metric, the mean, its error, p adjusted."""
    metrics = table.metric.fillna("")
    found = table[metrics.str.match("paired_.*_mean$")]
    keys = ["task", "method", "budget", "metric", "quantity", "draws"]
    tests = table[metrics.str.match("paired_.*_pvalue_adjusted$")].fillna(
        {"quantity": "", "draws": 0}
    )
    told = {tuple(t[:-1]): t[-1] for t in tests[[*keys, "value"]].itertuples(index=False)}

    def p(line: Any) -> str:
        quantity = line.quantity if isinstance(line.quantity, str) else ""
        draws = 0 if pd.isna(line.draws) else line.draws
        metric = f"{line.metric.removesuffix('_mean')}_pvalue_adjusted"
        value = told.get((line.task, line.method, line.budget, metric, quantity, draws))
        return "" if value is None else f"{value:.3f}"

    return [
        [
            line.task,
            METHODS.get(line.method, line.method),
            f"{line.budget:,}",
            " ".join([line.metric[7:-5], line.quantity if isinstance(line.quantity, str) else ""]),
            f"{line.value:+.4f}",
            f"{line.error:.4f}",
            p(line),
        ]
        for line in found.itertuples()
    ]

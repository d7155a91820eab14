"""The ablation of joint training, from the tidy table of the diffusion experiment."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
from numpy import ndarray

LOSSES = {
    "nll_posterior": "posterior network",
    "nll_refined": "prior and likelihood network",
    "nll_likelihood": "likelihood network, of the data",
}


class Panel(NamedTuple):
    """One loss: what each pair is about, and (2, M) values of it, separately and jointly."""

    title: str
    asked: list[str]
    values: list[ndarray]


class Line(NamedTuple):
    """One pair: means over seeds of each loss, joint less separate, with its standard error."""

    asked: str
    gaps: list[str]


def panels(table: pd.DataFrame, pairs: Mapping[str, Sequence[str]]) -> list[Panel]:
    """Of each loss, the pairs that have it."""
    found = []
    for metric, title in LOSSES.items():
        wide = _ablated(table)[lambda rows, metric=metric: rows.metric == metric].pivot_table(
            index="design", columns="seed", values="value"
        )
        known = {asked: pair for asked, pair in pairs.items() if set(pair) <= set(wide.index)}
        if known:
            values = [wide.loc[list(pair)].to_numpy(float) for pair in known.values()]
            found.append(Panel(title, list(known), values))
    return found


def lines(table: pd.DataFrame) -> list[Line]:
    """A line for each pair, in the table's order."""
    rows = _ablated(table)
    rows = rows[rows.metric.isin([f"{metric}_joint" for metric in LOSSES])]
    return [
        Line(asked, [_gap(part[part.metric == f"{metric}_joint"]) for metric in LOSSES])
        for asked, part in rows.groupby("quantity", sort=False)
    ]


def _ablated(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table.setting == "ablation"]
    return rows.assign(value=rows.value.astype(float))


def _gap(rows: pd.DataFrame) -> str:
    if not len(rows):
        return ""
    value, error = rows[["value", "error"]].iloc[0]
    return f"{value:+.3f}" + ("" if pd.isna(error) else f" ± {float(error):.3f}")

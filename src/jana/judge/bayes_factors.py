"""Bayes factors of nested models, out of the rows of their evidence."""

from collections.abc import Sequence

import pandas as pd
import torch

from ..diagnostics.densities import mean, root_mean_square
from ..io.tables import row


def rows(table: pd.DataFrame, tasks: Sequence[str]) -> list[dict]:
    """log p(x | first task) - log p(x | another), of the same data sets, and our errors in it.

    Args:
        table: Tidy rows, with those of the metric `lml`.
        tasks: The whole model, then those that are nested in it.
    """
    keys = ["design", "method", "seed", "observation"]
    lml = table[(table.metric == "lml") & table.task.isin(tasks) & table.observation.notna()]
    wide = lml.fillna({"design": "", "seed": -1}).pivot_table(
        index=keys, columns="task", values=["value", "error"], aggfunc="first"
    )
    found = []
    for other in tasks[1:]:
        if not {(part, task) for part in ("value", "error") for task in (tasks[0], other)} <= set(
            wide.columns
        ):
            continue
        factor = (wide["value"][tasks[0]] - wide["value"][other]).astype(float).dropna()
        error = (wide["error"][[tasks[0], other]].astype(float) ** 2).sum(axis=1) ** 0.5
        found += _factor_rows(factor, error, tasks[0], other)
    return found


def _factor_rows(factor: pd.Series, error: pd.Series, task: str, other: str) -> list[dict]:
    shared = {"experiment": "diffusion", "task": task, "quantity": other, "unit": "nats"}
    told = {where: value for (_, method, _, where), value in factor.items() if method == "stan"}
    found, gaps = [], {}
    for (design, method, seed, where), value in factor.items():
        labels = shared | {"design": design or None, "method": method}
        labels |= {"observation": where, "seed": None if seed < 0 else seed}
        noise = float(error[design, method, seed, where])
        found.append(row(labels, "log_bayes_factor", value, error=noise))
        if method != "stan" and where in told:
            gaps.setdefault((design, method, seed), []).append(value - told[where])
    for (design, method, seed), values in gaps.items():
        labels = shared | {"design": design, "method": method, "seed": seed}
        every = torch.tensor(values, dtype=torch.float64)
        for metric, score in (("rmse", root_mean_square(every)), ("bias", mean(every))):
            name = f"log_bayes_factor_{metric}"
            found.append(row(labels, name, score.value, error=score.error))
    return found

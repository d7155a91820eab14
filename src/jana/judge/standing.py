"""What follows from all runs of the comparison together: answers, bands, times, pairs, claims."""

from collections.abc import Iterator

import pandas as pd

from ..io.contests import APART, GROUP
from ..io.tables import COLUMNS, row
from . import bands, claims, paired
from .answers import answer


def rows(seed: int, table: pd.DataFrame, asked: dict) -> list[dict]:
    """Rows that need more than one run.

    Args:
        seed: Of the bands of medians.
        table: Tidy rows of all runs, of exact samples, and published ones.
        asked: `comparison.claims` of the configuration.
    """
    ours = table[(table.setting != "published") & (table.method != "exact")]
    found = [*_answers(ours), *bands.rows(seed, table, ours), *_times(ours), *paired.rows(ours)]
    return found + list(claims.rows(pd.DataFrame(found, columns=list(COLUMNS)), ours, asked))


def _answers(ours: pd.DataFrame) -> Iterator[dict]:
    """Which of direct and refined draws is the answer; by held-out pairs of the budget alone."""
    for keys, part in ours[ours.metric == "pooling"].groupby(GROUP):
        chosen = answer(part).removeprefix("jana")
        labels = dict(zip(GROUP, keys, strict=True)) | {"experiment": "comparison"}
        yield row(labels | {"method": f"{keys[1]}{chosen}"}, "answer", 1.0)


def _times(ours: pd.DataFrame) -> Iterator[dict]:
    """CPU seconds for all observations: those not amortized learn anew for each."""
    run = ["task", "method", "setting", "budget", "seed"]
    learned = ours[ours.metric == "train_cpu_seconds"].set_index(run).value
    others = ours[ours.observation.fillna(0) > 0]
    many = {task: int(part.observation.max()) + 1 for task, part in others.groupby("task")}
    known = set(others.groupby(GROUP).groups)
    # Settings that are compared with each other alone are not asked for the others.
    drawn = ours[(ours.metric == "draw_cpu_seconds") & ~ours.setting.isin(APART)]
    for _, line in drawn.iterrows():
        owner = line.method.removesuffix("_refined")
        train = learned.loc[line.task, owner, line.setting, line.budget, line.seed]
        number = many.get(line.task, 1)
        keys = tuple(line[GROUP])
        total = train + number * line.value if keys in known else number * (train + line.value)
        labels = dict(zip(GROUP, keys, strict=True)) | {"experiment": "comparison"}
        labels |= {"seed": line.seed, "quantity": f"{number} data sets"}
        yield row(labels, "cpu_seconds_of_all", float(total), unit="s")

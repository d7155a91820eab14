"""C2ST beside that of published methods, from rows of the tidy table."""

from typing import NamedTuple

import pandas as pd
from numpy import ndarray

OTHERS = {"npe": "NPE", "nle": "NLE"}  # sbibm's, by method


class Score(NamedTuple):
    """C2ST of one method: the mean over observations, the median over seeds.

    Attributes:
        value: That number, or nothing.
        spread: From the least observation to the largest, each by its median over seeds.
        answer: Whether this method is the design's answer.
    """

    value: str
    spread: str
    answer: bool


class Entry(NamedTuple):
    """One task and design.

    Attributes:
        task: Whose posteriors.
        design: Whose networks.
        draws: Per sample, ours and the reference's.
        floor: What a second sample of the reference scores.
        floor_draws: Per sample there; fewer where the reference has no more.
        direct: The posterior network's own draws.
        refined: Those reweighted by the likelihood network.
        others: The published methods' numbers, as `OTHERS` has them.
    """

    task: str
    design: str
    draws: int
    floor: str
    floor_draws: int
    direct: Score
    refined: Score
    others: list[str]


def entries(table: pd.DataFrame) -> list[Entry]:
    """A line for every task and design with a C2ST, in the table's order."""
    c2st, found = table[table.metric == "c2st"], []
    for task, design in (
        c2st[c2st.setting.isna() & c2st.design.notna()]
        .groupby(["task", "design"], sort=False)
        .groups
    ):
        here = c2st[c2st.task == task]
        ours = here[(here.design == design) & here.setting.isna()]
        said = table[(table.task == task) & (table.design == design)]
        best = "".join(said[said.metric == "answer"].method)
        direct, refined = (_score(ours, m, best) for m in ("jana", "jana_refined"))
        exact = here[here.method == "exact"]
        floor = _mean(exact), int(exact.draws.iloc[0]) if len(exact) else 0
        published = here[here.setting == "published"]
        others = [_mean(published[published.method == other]) for other in OTHERS]
        draws = int(ours.draws.iloc[0])
        found.append(Entry(str(task), str(design), draws, *floor, direct, refined, others))
    return found


def _score(rows: pd.DataFrame, method: str, best: str) -> Score:
    rows = rows[rows.method == method]
    if not len(rows):
        return Score("", "", False)
    values = rows.value.astype(float)
    value = values.groupby(rows.seed).mean().median()
    each = values.groupby(rows.observation).median()
    return Score(f"{value:.3f}", f"{each.min():.2f} to {each.max():.2f}", method == best)


def _mean(rows: pd.DataFrame) -> str:
    return f"{rows.value.astype(float).mean():.3f}" if len(rows) else ""


class Picture(NamedTuple):
    """What a picture of one design's C2ST shows.

    Attributes:
        tasks: In the table's order.
        draws: Per sample.
        ours: By method and task, every observation's C2ST (B,), the median over seeds; then the
            mean over observations, the median over seeds.
        published: By method and task, the mean over observations.
    """

    tasks: list[str]
    draws: int
    ours: dict[str, dict[str, tuple[ndarray, float]]]
    published: dict[str, dict[str, float]]


def picture(table: pd.DataFrame, design: str) -> Picture:
    """One design's scores beside those of exact draws and of the published methods."""
    c2st = table[table.metric == "c2st"]
    c2st = c2st.assign(value=c2st.value.astype(float))
    tasks = list(c2st[(c2st.design == design) & c2st.setting.isna()].task.unique())
    c2st = c2st[c2st.task.isin(tasks)]
    mine = c2st.setting.isna() & ((c2st.design == design) | (c2st.method == "exact"))
    ours: dict[str, dict[str, tuple[ndarray, float]]] = {}
    for (method, task), rows in c2st[mine].groupby(["method", "task"]):
        each = rows.groupby("observation").value.median().to_numpy()
        whole = float(rows.groupby(rows.seed.fillna(0)).value.mean().median())
        ours.setdefault(method, {})[task] = each, whole
    published: dict[str, dict[str, float]] = {}
    for (method, task), rows in c2st[c2st.setting == "published"].groupby(["method", "task"]):
        published.setdefault(method, {})[task] = float(rows.value.mean())
    draws = int(c2st[mine & (c2st.design == design)].draws.iloc[0])
    return Picture(tasks, draws, ours, published)

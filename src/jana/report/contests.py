"""What the comparison's pictures show, out of its runs and its tidy table."""

import pandas as pd
import xarray as xr
from numpy import ndarray

from ..io.contests import APART, BAND, GROUP, scores
from .comparison import METHODS


def words(method: str, setting: str) -> str:
    """A method with its setting."""
    return f"{METHODS.get(method, method)}, {setting}"


def pictured(runs: list[dict], found: list[xr.Dataset]) -> dict[tuple[str, str], ndarray | None]:
    """Draws of each kind (L, 2) by method, setting and budget; None where the run failed."""
    panels: dict[tuple[str, str], ndarray | None] = {}
    for run, one in sorted(zip(runs, found, strict=True), key=lambda pair: _place(pair[0])):
        if run["setting"] in APART:
            continue
        below = f"{run['setting']}, {run['budget']:,}"
        kinds = [name for name in one.data_vars if str(name).startswith("first_")]
        if not kinds:
            panels[METHODS.get(run["method"], run["method"]), below] = None
        for kind in kinds:
            method = str(kind).removeprefix("first_")
            panels[METHODS.get(method, method), below] = one[kind].values
    return panels


def _place(run: dict) -> tuple:
    names = list(METHODS)
    known = names.index(run["method"]) if run["method"] in names else len(names)
    return known, run["setting"], run["budget"]


Boxes = tuple[dict[str, dict[int, list[float]]], tuple[float, float], dict[str, float]]


def boxed(table: pd.DataFrame, task: str, quantity: str) -> Boxes:
    """Every run's root MMD by method and budget, the floor's band, and what was published."""
    here = scores(table[(table.task == task) & _judged(table)], "root_mmd", quantity)
    values: dict[str, dict[int, list[float]]] = {}
    for run in sorted(_groups(here), key=_place):
        name = words(run["method"], run["setting"])
        values.setdefault(name, {})[run["budget"]] = run["value"]
    known = table[
        (table.task == task) & (table.metric == "root_mmd") & (table.quantity == quantity)
    ]
    exact = known[known.method == "exact"].value.astype(float)
    told = known[known.setting == "published"].set_index("method").value.astype(float)
    # Beside one setting of each method: the published one, where it is there.
    last = {name.rpartition(", ")[0]: name for name in values}
    last |= {n.rpartition(", ")[0]: n for n in values if n.endswith(", paper")}
    published = {last[METHODS[m]]: v for m, v in told.items() if METHODS.get(m) in last}
    return values, (exact.quantile(BAND[0]), exact.quantile(BAND[1])), published


Points = dict[str, list[tuple[int, float, float, bool]]]


def timed(table: pd.DataFrame, task: str) -> tuple[Points, Points]:
    """By method: budget, seconds, C2ST, whether it was measured; medians over seeds.

    For one data set, x = (0, 0), with the C2ST of as many draws of each method; and for all, with
    the mean of the others' for methods that answer them. A sequential method has learned for one
    alone, whose C2ST stands for those of all.
    """
    here = table[(table.task == task) & _judged(table)]
    found: tuple[Points, Points] = {}, {}
    told = here[(here.metric == "c2st") & (here.quantity == "posterior") & (here.observation == 0)]
    told = told[told.draws == told.draws.min()]  # what a classifier sees grows with the draws
    for run in sorted(_groups(told), key=_place):
        same = here[(here.setting == run["setting"]) & (here.budget == run["budget"])]
        owner = same[same.method == run["method"].removesuffix("_refined")]
        mine = same[same.method == run["method"]]
        once = _median(owner, "train_seconds") + _median(mine, "draw_seconds")
        score = float(pd.Series(run["value"]).median())
        others = mine[(mine.metric == "c2st") & (mine.observation.fillna(0) > 0)]
        means = others.value.astype(float).groupby(others.seed).mean()
        every = (_median(mine, "seconds_of_all"), means.median() if len(means) else score)
        name = words(run["method"], run["setting"])
        found[0].setdefault(name, []).append((run["budget"], once, score, True))
        found[1].setdefault(name, []).append((run["budget"], *every, len(means) > 0))
    return found


def _judged(table: pd.DataFrame) -> pd.Series:
    """Rows of runs that are compared with other methods."""
    return (
        (table.method != "exact")
        & table.setting.notna()
        & ~table.setting.isin([*APART, "published"])
        & table.budget.notna()
    )


def _groups(rows: pd.DataFrame) -> list[dict]:
    return [
        dict(zip(GROUP, keys, strict=True)) | {"value": part.value.astype(float).tolist()}
        for keys, part in rows.groupby(GROUP)
    ]


def _median(rows: pd.DataFrame, metric: str) -> float:
    return float(rows[rows.metric == metric].value.astype(float).median())

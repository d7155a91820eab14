"""What the comparison's pictures show, out of its runs and its tidy table."""

import pandas as pd
import xarray as xr
from numpy import ndarray

from ..io.contests import APART, GROUP, PUBLISHED_RUNS, scores
from ..plots.comparison import Box
from .comparison import METHODS

ENDS = ("low", "high")


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


def boxed(table: pd.DataFrame, task: str, quantity: str) -> dict[str, dict[str, Box]]:
    """The root MMD by method and budget: every run's, and what was published, over its band.

    A band is that of the median of as many exact samples as there are runs.
    """
    here = table[(table.task == task) & (table.quantity == quantity)]
    runs = scores(here[_judged(here)], "root_mmd", quantity)
    found: dict[str, dict[str, Box]] = {}
    for run in sorted(_groups(runs), key=_place):
        box = Box(run["value"], _band(here, len(run["value"])))
        found.setdefault(words(run["method"], run["setting"]), {})[f"{run['budget']:,}"] = box
    told = here[here.setting == "published"]
    medians = told[told.metric == "root_mmd"]
    for line in sorted(medians.to_dict("records"), key=_place):
        same = told[(told.method == line["method"]) & (told.budget == line["budget"])]
        quartiles = [*same[same.metric.isin(["root_mmd_q1", "root_mmd_q3"])].value.astype(float)]
        band = _band(here, PUBLISHED_RUNS[bool(quartiles)])
        # Beside one setting of the method: the published one, where it is there.
        named = METHODS.get(line["method"], line["method"])
        own = [name for name in found if name.rpartition(", ")[0] == named]
        paper = words(line["method"], "paper")
        beside = paper if paper in own else own[-1] if own else words(line["method"], "published")
        box = Box([float(line["value"])], band, tuple(sorted(quartiles)))
        found.setdefault(beside, {})[f"published, {int(line['budget']):,}"] = box
    return found


def _band(rows: pd.DataFrame, n: int) -> tuple[float, float]:
    here = rows[rows.setting == f"median of {n}"]
    low, high = (float(here[here.metric == f"root_mmd_{end}"].value.iloc[0]) for end in ENDS)
    return low, high


Points = dict[str, list[tuple[int, float, float, bool]]]


def timed(table: pd.DataFrame, task: str) -> tuple[Points, Points]:
    """By method: budget, CPU seconds, C2ST, whether it was measured; medians over seeds.

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
        once = _median(owner, "train_cpu_seconds") + _median(mine, "draw_cpu_seconds")
        score = float(pd.Series(run["value"]).median())
        others = mine[(mine.metric == "c2st") & (mine.observation.fillna(0) > 0)]
        means = others.value.astype(float).groupby(others.seed).mean()
        every = (_median(mine, "cpu_seconds_of_all"), means.median() if len(means) else score)
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

"""What the comparison of methods was made to show, each beside its measure and its limit."""

from collections.abc import Iterator

import pandas as pd

from ..io.contests import APART, GROUP, scores
from ..io.tables import row
from . import paired


def rows(found: pd.DataFrame, ours: pd.DataFrame, claims: dict) -> Iterator[dict]:
    """Every claim; none holds where a run of it failed.

    Args:
        found: Rows that follow from all runs together.
        ours: Those of all runs.
        claims: `comparison.claims` of the configuration.
    """
    ended = ours[ours.metric == "run_ok"]
    for keys, part in ended[ended.setting == claims["setting"]].groupby(GROUP):
        share = float(part.value.mean())
        yield from _claim(keys, "runs that ended", share, None, share == 1)
    answers = found[(found.metric == "answer") & (found.setting == claims["setting"])]
    for _, line in answers.iterrows():
        yield from _ours(tuple(line[GROUP]), found, ours, claims)
    yield from _reference(ours, claims)
    yield from _pairs(found, ours, claims)


def _ours(keys: tuple, found: pd.DataFrame, ours: pd.DataFrame, claims: dict) -> Iterator[dict]:
    """Of our method's answer: distances, C2ST and shares given x = (0, 0)."""
    mine = ours[(ours[GROUP] == list(keys)).all(axis=1)]
    whole = _whole(ours[ours.metric == "run_ok"], keys)
    for quantity in ("posterior", "predictive"):
        judged = scores(mine, "root_mmd", quantity).value
        edges = found[(found.metric == "root_mmd_most") & (found.quantity == quantity)]
        edges = edges[(edges.task == keys[0]) & (edges.setting == f"median of {len(judged)}")]
        if len(edges):
            measure, limit = float(judged.median()), float(edges.value.iloc[0])
            yield from _claim(keys, f"{quantity} MMD", measure, limit, measure <= limit and whole)
    limit = claims["c2st"].get(str(int(keys[3])))
    measure = float(scores(mine, "c2st").value.median())
    if limit is not None:
        yield from _claim(keys, "C2ST", measure, limit, measure <= limit and whole)
    shares = mine[mine.metric == "mode_share"].groupby("quantity").value.mean()
    off, limit = float((shares - 0.5).abs().max()), claims["mode_share"]
    yield from _claim(keys, "mode shares", off, limit, off <= limit and whole)


def _reference(ours: pd.DataFrame, claims: dict) -> Iterator[dict]:
    """That the others are not crippled, on a task where more is known of them."""
    ended, limit = ours[ours.metric == "run_ok"], claims["reference_c2st"]
    others = ours[(ours.metric == "c2st") & (ours.observation.fillna(0) > 0)]
    scored = others[others.task == claims["reference"]]
    for keys, part in scored.groupby(GROUP):
        measure = float(part.groupby("seed").value.mean().median())
        yield from _claim(keys, "C2ST", measure, limit, measure <= limit and _whole(ended, keys))
    # A run of it that failed has no scores; but then nothing is shown, and that is said.
    known = {tuple(line) for line in scored[GROUP].itertuples(index=False)}
    for keys, part in ended[ended.task == claims["reference"]].groupby(GROUP):
        if tuple(keys) not in known:
            yield from _claim(keys, "runs that ended", float(part.value.mean()), None, False)


def _pairs(found: pd.DataFrame, ours: pd.DataFrame, claims: dict) -> Iterator[dict]:
    """That joint and separate training, which share no more than a norm, come to the same."""
    ended = ours[(ours.metric == "run_ok") & ours.setting.isin(APART)]
    whole = {}
    for (task, method, budget), part in ended.groupby(["task", "method", "budget"]):
        whole[task, budget] = share = float(part.value.mean())
        if share < 1:
            keys = task, method, paired.SETTING, budget
            yield from _claim(keys, "runs that ended", share, None, False)
    for line, most, theirs in paired.most(found, ours):
        keys, limit = tuple(line[GROUP]), claims["joint"] * theirs
        quantity = f"difference of {paired.of(line.metric)}"
        good = most <= limit and whole.get((line.task, line.budget), 1.0) == 1
        yield from _claim(keys, quantity, most, limit, good)


def _whole(ended: pd.DataFrame, keys: tuple) -> bool:
    """Whether there were runs of a kind of draws, and none of them failed."""
    method = keys[1].removesuffix("_refined")
    runs = ended[(ended[GROUP] == [keys[0], method, *keys[2:]]).all(axis=1)].value
    return len(runs) > 0 and bool((runs == 1).all())


def _claim(
    keys: tuple, quantity: str, measure: float, limit: float | None, good: bool
) -> Iterator[dict]:
    """Whether it holds, what of, and up to which limit it would."""
    labels = dict(zip(GROUP, keys, strict=True))
    labels |= {"experiment": "comparison", "quantity": quantity}
    yield row(labels, "claim", float(good))
    yield row(labels, "claim_measure", measure)
    if limit is not None:
        yield row(labels, "claim_limit", limit)

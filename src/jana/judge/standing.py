"""What follows from all runs of the comparison together: bands, claims, pairs of runs."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Generator

from ..io.contests import APART, BAND, GROUP, scores
from ..io.tables import COLUMNS, row
from . import paired
from .answers import answer

RESAMPLED = 4000  # medians of exact samples, for each number of runs


def rows(rng: Generator, table: pd.DataFrame, claims: dict) -> list[dict]:
    """Rows that need more than one run.

    Args:
        rng: For the bands of medians.
        table: Tidy rows of all runs, of exact samples, and published ones.
        claims: `comparison.claims` of the configuration.
    """
    ours = table[(table.setting != "published") & (table.method != "exact")]
    found = [*_answers(ours), *_bands(rng, table, ours), *_times(ours), *paired.rows(ours)]
    return found + list(_claims(pd.DataFrame(found, columns=list(COLUMNS)), ours, claims))


def _labels(keys: tuple, **fields: object) -> dict:
    return {"experiment": "comparison", **dict(zip(GROUP, keys, strict=True)), **fields}


def _answers(ours: pd.DataFrame) -> Iterator[dict]:
    """Which of direct and refined draws is the answer; by held-out pairs of the budget alone."""
    for keys, part in ours[ours.metric == "pooling"].groupby(GROUP):
        chosen = answer(part).removeprefix("jana")
        labels = _labels(keys) | {"method": f"{keys[1]}{chosen}"}
        yield row(labels, "answer", 1.0)


def _bands(rng: Generator, table: pd.DataFrame, ours: pd.DataFrame) -> Iterator[dict]:
    """The 90 % band of the median of as many exact samples as there are runs; who is within it.

    Within is who is no farther than nine of ten such medians are: who is closer than the band's
    lower edge is so by chance, and no worse for it.
    """
    bands: dict[tuple, tuple[float, float, float]] = {}
    for quantity in ("posterior", "predictive"):
        exact = scores(
            table[table.method == "exact"],
            "root_mmd",
            quantity,
        )
        for keys, part in scores(ours, "root_mmd", quantity).groupby(GROUP):
            key = keys[0], quantity, len(part)
            if key not in bands:
                values = exact[exact.task == keys[0]].value.to_numpy(float)
                bands[key] = _band(rng, values, len(part))
                labels = {"experiment": "comparison", "task": keys[0], "method": "exact"}
                labels |= {"quantity": quantity, "setting": f"median of {len(part)}"}
                for name, edge in zip(("low", "high", "most"), bands[key], strict=True):
                    yield row(labels, f"root_mmd_{name}", edge)
            within = float(part.value.median() <= bands[key][2])
            yield row(_labels(keys, quantity=quantity), "within_floor", within)


def _band(rng: Generator, values: np.ndarray, n: int) -> tuple[float, float, float]:
    """Between what 90 % of the medians of `n` exact samples lie, and what 90 % do not exceed."""
    chosen = torch.randint(len(values), (RESAMPLED, n), generator=rng)
    medians = np.median(values[chosen.numpy()], axis=1)
    low, high, most = np.quantile(medians, [*BAND, BAND[1] - BAND[0]])
    return float(low), float(high), float(most)


def _times(ours: pd.DataFrame) -> Iterator[dict]:
    """Seconds for all observations: those not amortized learn anew for each."""
    seconds = ours[ours.metric == "train_seconds"].set_index([*GROUP[:1], *GROUP[2:], "seed"])
    others = ours[ours.observation.fillna(0) > 0]
    many = {task: int(part.observation.max()) + 1 for task, part in others.groupby("task")}
    known = set(others.groupby(GROUP).groups)
    drawn = ours[(ours.metric == "draw_seconds") & ~ours.setting.isin(APART)]  # no others asked
    for _, line in drawn.iterrows():
        learned = seconds.value.loc[[(line.task, line.setting, line.budget, line.seed)]]
        owner = seconds.method.loc[[(line.task, line.setting, line.budget, line.seed)]]
        train = learned[[line.method.startswith(name) for name in owner]].iloc[0]
        keys = tuple(line[GROUP])
        number = many.get(line.task, 1)
        total = train + number * line.value if keys in known else number * (train + line.value)
        labels = _labels(keys, seed=line.seed, quantity=f"{number} data sets")
        yield row(labels, "seconds_of_all", float(total), unit="s")


def _claims(found: pd.DataFrame, ours: pd.DataFrame, claims: dict) -> Iterator[dict]:
    """What the comparison was made to show, beside its measure; not where a run of it failed."""
    ended = ours[ours.metric == "run_ok"]
    for keys, part in ended[ended.setting == claims["setting"]].groupby(GROUP):
        share = float(part.value.mean())
        yield from _claim(keys, "runs that ended", share, None, share == 1)
    told = found[found.metric == "answer"]
    for _, line in told[told.setting == claims["setting"]].iterrows():
        keys = tuple(line[GROUP])
        mine = ours[(ours[GROUP] == list(keys)).all(axis=1)]
        whole = _whole(ended, keys)
        for quantity in ("posterior", "predictive"):
            within = found[(found[GROUP] == list(keys)).all(axis=1)]
            within = within[(within.metric == "within_floor") & (within.quantity == quantity)]
            if len(within):
                judged = scores(mine, "root_mmd", quantity).value
                most = found[(found.metric == "root_mmd_most") & (found.quantity == quantity)]
                most = most[(most.task == keys[0]) & (most.setting == f"median of {len(judged)}")]
                limit, good = float(most.value.iloc[0]), bool(within.value.iloc[0] and whole)
                yield from _claim(keys, f"{quantity} MMD", float(judged.median()), limit, good)
        limit = claims["c2st"].get(str(int(line.budget)))
        measure = float(scores(mine, "c2st").value.median())
        if limit is not None:
            yield from _claim(keys, "C2ST", measure, limit, measure <= limit and whole)
        shares = mine[mine.metric == "mode_share"].groupby("quantity").value.mean()
        off = float((shares - 0.5).abs().max())
        limit = claims["mode_share"]
        yield from _claim(keys, "mode shares", off, limit, off <= limit and whole)
    others = ours[(ours.metric == "c2st") & (ours.observation.fillna(0) > 0)]
    reference = others[others.task == claims["reference"]]
    for keys, part in reference.groupby(GROUP):
        measure = float(part.groupby("seed").value.mean().median())
        limit = claims["reference_c2st"]
        yield from _claim(keys, "C2ST", measure, limit, measure <= limit and _whole(ended, keys))
    # A run of it that failed has no scores; but then nothing is shown, and that is said.
    scored = {tuple(line) for line in reference[GROUP].itertuples(index=False)}
    for keys, part in ended[ended.task == claims["reference"]].groupby(GROUP):
        if tuple(keys) not in scored:
            yield from _claim(keys, "runs that ended", float(part.value.mean()), None, False)
    for line, most in paired.most(found):
        quantity = f"difference of {line.metric.removeprefix('paired_').removesuffix('_mean')}"
        yield from _claim(
            tuple(line[GROUP]), quantity, most, claims["joint"], most <= claims["joint"]
        )


def _whole(ended: pd.DataFrame, keys: tuple) -> bool:
    """Whether there were runs of a kind of draws, and none of them failed."""
    method = keys[1].removesuffix("_refined")
    runs = ended[(ended[GROUP] == [keys[0], method, *keys[2:]]).all(axis=1)].value
    return len(runs) > 0 and bool((runs == 1).all())


def _claim(
    keys: tuple, quantity: str, measure: float, limit: float | None, good: bool
) -> Iterator[dict]:
    """Whether it holds, what of, and up to which limit it would."""
    labels = _labels(keys, quantity=quantity)
    yield row(labels, "claim", float(good))
    yield row(labels, "claim_measure", measure)
    if limit is not None:
        yield row(labels, "claim_limit", limit)

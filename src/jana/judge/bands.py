"""The paper's distance of exact samples: where the median of several runs would lie."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from ..io.contests import GROUP, PUBLISHED_RUNS, scores
from ..io.tables import row
from ..provenance import seed_of
from ..rng import generator

RESAMPLED = 4000  # medians of exact samples, for each number of runs
BAND = (0.05, 0.95)  # where most of them lie
MOST = 0.9  # share of them that is no farther than who is within


def rows(seed: int, table: pd.DataFrame, ours: pd.DataFrame) -> Iterator[dict]:
    """The 90 % band of the median of as many exact samples as there are runs; who is within it.

    Within is who is no farther than nine of ten such medians are: who is closer than the band's
    lower edge is so by chance, and no worse for it.

    Args:
        seed: Of the medians.
        table: Tidy rows with those of exact samples.
        ours: Those of all runs.
    """
    for quantity in ("posterior", "predictive"):
        exact = scores(table[table.method == "exact"], "root_mmd", quantity)
        runs = scores(ours, "root_mmd", quantity)
        for task, samples in exact.groupby("task"):
            groups = list(runs[runs.task == task].groupby(GROUP))
            bands: dict[int, tuple[float, float, float]] = {}
            for n in sorted({len(part) for _, part in groups} | set(PUBLISHED_RUNS)):
                bands[n] = _band(seed_of(seed, task, quantity, n), samples.value.to_numpy(float), n)
                labels = {"experiment": "comparison", "task": task, "method": "exact"}
                labels |= {"quantity": quantity, "setting": f"median of {n}"}
                for name, edge in zip(("low", "high", "most"), bands[n], strict=True):
                    yield row(labels, f"root_mmd_{name}", edge)
            for keys, part in groups:
                labels = dict(zip(GROUP, keys, strict=True)) | {"experiment": "comparison"}
                within = float(part.value.median() <= bands[len(part)][2])
                yield row(labels, "within_floor", within, quantity=quantity)


def _band(seed: int, values: np.ndarray, n: int) -> tuple[float, float, float]:
    """Between what 90 % of the medians of `n` exact samples lie, and what 90 % do not exceed."""
    chosen = torch.randint(len(values), (RESAMPLED, n), generator=generator(seed))
    medians = np.median(values[chosen.numpy()], axis=1)
    low, high, most = np.quantile(medians, [*BAND, MOST])
    return float(low), float(high), float(most)

"""Joint training against two networks trained apart: runs of the same seeds, less each other."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from scipy.special import stdtr, stdtrit

from ..diagnostics.densities import mean
from ..io.contests import APART
from ..io.tables import row

COMPARED = ("kl_posterior", "kl_likelihood", "c2st", "root_mmd", "mmd2")
KEYS = ["task", "method", "budget", "metric", "quantity", "draws"]
SETTING = "joint - separate"


def rows(ours: pd.DataFrame) -> list[dict]:
    """Joint less separate by seed; the mean with its error, and paired t-tests.

    Args:
        ours: Tidy rows of all runs.
    """
    both = ours[ours.setting.isin(APART) & ours.metric.isin(COMPARED)]
    both = both[both.observation.fillna(0) == 0].fillna({"quantity": "", "draws": 0})
    found = [made for key, part in both.groupby(KEYS) for made in _differences(key, part)]
    tests = [made for made in found if made["metric"].endswith("_pvalue")]
    adjusted = holm(np.array([made["value"] for made in tests]))
    return found + [
        made | {"metric": f"{made['metric']}_adjusted", "value": float(p)}
        for made, p in zip(tests, adjusted, strict=True)
    ]


def _differences(key: tuple, part: pd.DataFrame) -> Iterator[dict]:
    """Of one metric."""
    wide = part.pivot(index="seed", columns="setting", values="value").astype(float).dropna()
    if not set(APART) <= set(wide) or not len(wide):
        return
    labels = dict(zip(KEYS, key, strict=True)) | {"experiment": "comparison", "setting": SETTING}
    metric = f"paired_{labels.pop('metric')}"
    labels["draws"] = labels["draws"] or None
    gaps = torch.tensor((wide.joint - wide.separate).to_numpy())
    for seed, gap in zip(wide.index, gaps, strict=True):
        yield row(labels, metric, float(gap), seed=seed)
    if len(gaps) > 1:
        value, error = float(mean(gaps).value), float(mean(gaps).error)
        yield row(labels, f"{metric}_mean", value, error=error)
        if error > 0:  # Student's, of as many pairs as there are seeds
            p = 2 * float(stdtr(len(gaps) - 1, -abs(value) / error))
            yield row(labels, f"{metric}_pvalue", p)


def holm(p: np.ndarray) -> np.ndarray:
    """p-values (T,), adjusted for how many there are by Holm's method (1979)."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    return np.minimum(stepped, 1)[np.argsort(order)]


def most(found: pd.DataFrame, ours: pd.DataFrame) -> Iterator[tuple[pd.Series, float, float]]:
    """Of each mean difference in nats its row, how large it may be, and separate's divergence.

    How large is the larger end, by size, of its two-sided 90 % interval: it is below a limit just
    where two one-sided tests at 5 % find both networks equal within it (Schuirmann, 1987).

    Args:
        found: Rows from `rows`.
        ours: Those of all runs.
    """
    at = ["task", "method", "budget"]
    for _, line in found[found.metric.fillna("").str.fullmatch("paired_kl_.*_mean")].iterrows():
        gaps = found[(found[at] == line[at]).all(axis=1)]
        n = int((gaps.metric == f"paired_{of(line.metric)}").sum())
        same = ours[(ours[at] == line[at]).all(axis=1) & (ours.setting == "separate")]
        theirs = float(same[same.metric == of(line.metric)].value.astype(float).mean())
        yield line, abs(line.value) + float(stdtrit(n - 1, 0.95)) * line.error, theirs


def of(metric: str) -> str:
    """What a mean difference is of."""
    return metric.removeprefix("paired_").removesuffix("_mean")

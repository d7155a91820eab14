"""Chains on the likelihood network: whether they agree, and with a reference's draws."""

import numpy as np
import torch
from arviz_stats.base import array_stats
from jaxtyping import Float
from torch import Tensor

from ..io.tables import row
from ..stan.reference import ESS
from . import c2st
from .pairings import References

METHOD = "jana_mcmc"


def rows(labels: dict, found: dict[str, Tensor]) -> list[dict]:
    """Per seed and observation what a reference fit is judged by too, and the seconds of all.

    Args:
        labels: Columns that all rows share.
        found: The arrays of `inference.chains.Sampled`, by name.
    """
    shared, table = labels | {"method": METHOD}, []
    for seed, sets in enumerate(found["draws"]):
        for at, draws in enumerate(sets):
            rhat, ess = agreement(draws)
            values = {
                "rhat": rhat,
                "ess": ess,
                "divergences": float(found["diverged"][seed, at].sum()),
                "accept": float(found["accept"][seed, at].mean()),
            }
            fields = {"seed": seed, "observation": at}
            table += [row(shared, f"fit_{n}", value, **fields) for n, value in values.items()]
    seconds = float(found["seconds"])
    return [*table, row(shared, "draw_seconds", seconds, unit="s")]


def agreement(draws: Float[Tensor, "C N D"]) -> tuple[float, float]:
    """The largest R-hat and the least effective sample size, bulk or tail, of all parameters."""
    columns = [column.numpy() for column in draws.double().unbind(-1)]
    # NumPy's extremes, not Python's: a NaN is to come through.
    rhat = np.max([array_stats.rhat(column) for column in columns])
    return float(rhat), float(
        np.min([array_stats.ess(column, **kind) for column in columns for kind in ESS])
    )


def c2st_rows(
    labels: dict, theta: Float[Tensor, "M B C N D"], known: References | None, most: int
) -> list[dict]:
    """Per seed and observation that has a fit: C2ST of as many draws of both, evenly from chains.

    Args:
        labels: Columns that all rows share.
        theta: Draws.
        known: The reference; without one there are no rows.
        most: How many draws of each at most.
    """
    if known is None:
        return []
    which, many = sorted(known.fitted), theta[0, 0, ..., 0].numel()
    n = min(most, many, *(len(known.fitted[index].draws) for index in which))
    theirs = torch.stack([_evenly(known.fitted[index].draws, n) for index in which]).float()
    found = []
    for seed, member in enumerate(theta[:, which].flatten(2, 3)):
        ours = torch.stack([_evenly(part, n) for part in member]).float()
        lines = c2st.rows(labels, theirs, ours, seed=seed, method=METHOD)
        found += [line | {"observation": at} for at, line in zip(which, lines, strict=True)]
    return found


def _evenly(draws: Float[Tensor, "L D"], n: int) -> Float[Tensor, "N D"]:
    return draws[torch.linspace(0, len(draws) - 1, n).round().long()]

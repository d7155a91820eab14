"""Evidence, leave-one-out and posteriors of single data sets, beside a reference fit of each."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import xarray as xr
from jaxtyping import Bool, Float
from torch import Tensor

from ..diagnostics.densities import mean, root_mean_square
from ..diagnostics.recovery import recovery
from ..evidence import LARGEST_KHAT
from ..evidence.amortized import LogMarginal
from ..evidence.elpd import Elpd
from ..evidence.predictive import Predictive
from ..inference.pairings import Fitted
from ..io import netcdf
from ..io.tables import row
from .evidence import scores

REFERENCE_DRAWS = 4000  # of each fit, evenly from its chains


class References(NamedTuple):
    """Reference fits of all data sets; NaN where a fit or an estimate has not passed its gate.

    Attributes:
        fitted: Of those that have passed, by data set.
        lml: log p(x), with Monte Carlo error.
        loo: The sum over trials of log p(trial | others), with Monte Carlo error.
        pointwise: Each of them.
    """

    fitted: dict[int, Fitted]
    lml: Predictive
    loo: Predictive
    pointwise: Float[Tensor, "B T"]

    @property
    def compared(self) -> Bool[Tensor, "B T"]:
        """Which trials have a leave-one-out density."""
        return self.pointwise.isfinite()


def references(paths: Sequence[str], sets: int, trials: int) -> References | None:
    """Those of the first `sets` data sets, of files that `judge.reference` made; None of none."""
    lml, loo = (torch.full((2, sets), torch.nan, dtype=torch.float64) for _ in range(2))
    pointwise, fitted = torch.full((sets, trials), torch.nan, dtype=torch.float64), {}
    for found in (netcdf.load(path) for path in paths):
        for at, index in enumerate(found["index"].values.tolist()):
            one = found.isel(dataset=at)
            if index >= sets or one["status"].item() != "ok" or one["bridge_status"].item() != "ok":
                continue
            lml[:, index] = _numbers(one, "bridge_value", "bridge_error")
            fitted[index] = _fitted(one)
            if "loo_total" in one and one["loo_khat"].max() <= LARGEST_KHAT:
                loo[:, index] = _numbers(one, "loo_total", "loo_total_error")
                pointwise[index] = torch.from_numpy(one["loo_pointwise"].values)
    return References(fitted, Predictive(*lml), Predictive(*loo), pointwise) if fitted else None


def _numbers(one: xr.Dataset, *names: str) -> Float[Tensor, " N"]:
    return torch.tensor([one[name].item() for name in names], dtype=torch.float64)


def _fitted(one: xr.Dataset) -> Fitted:
    """Every so many of the draws of each chain."""
    theta = torch.from_numpy(one["theta"].values)
    step = max(1, theta.shape[0] * theta.shape[1] // REFERENCE_DRAWS)
    kept = theta[:, ::step]
    marginal = one["bridge_value"].item(), one["bridge_error"].item()
    return Fitted(kept.flatten(0, 1), len(kept), marginal)


def rows(
    labels: dict, method: str, marginal: LogMarginal, left_out: Elpd, known: References | None
) -> list[dict]:
    """Of one pairing: each data set's evidence and leave-one-out, and how far off they are.

    Args:
        labels: Columns that all rows share.
        method: The pairing's name; `jana_refined` has the evidence of `jana`, and no rows of it.
        marginal: With leading axes (M, B).
        left_out: The same.
        known: The reference.
    """
    given = {
        "lml": (Predictive(*marginal[:2]), known and known.lml),
        "loo": (Predictive(left_out.total, left_out.total_error), known and known.loo),
    }
    if method == "jana_refined":
        del given["lml"]
    found = []
    for name, (values, exact) in given.items():
        found += scores(labels, name, values, exact, labels["draws"], method)
    for seed, (values, khats) in enumerate(zip(left_out.pointwise, left_out.khat, strict=True)):
        fields = {"seed": seed, "method": method}
        if known is not None and known.compared.any():
            score = root_mean_square((values.double() - known.pointwise)[known.compared])
            scored = fields | {"error": score.error, "unit": "nats"}
            found.append(row(labels, "loo_pointwise_rmse", score.value, **scored))
        for where, khat in enumerate(marginal.khat[seed]):
            shared = {"seed": seed, "method": method, "observation": where}
            found.append(row(labels, "khat", float(khat), **shared))
            found.append(row(labels, "loo_khat", float(khats[where].max()), **shared))
    return found


def posterior_rows(
    labels: dict,
    ours: Float[Tensor, "M B L D"],
    known: References | None,
    prior_sd: Float[Tensor, " D"],
    names: Sequence[str],
    method: str = "jana",
) -> list[dict]:
    """Per seed and parameter: our posterior medians and widths against the reference's.

    `median_r2` and `median_correlation` are of both medians over data sets; `sd_ratio` is the mean
    over them of our standard deviation over the reference's; `contraction` is 1 minus the mean
    posterior variance over the prior's, of the same data sets for both. Without a reference
    there are none.
    """
    if known is None:
        return []
    which = sorted(known.fitted)
    theirs = torch.stack([known.fitted[index].draws for index in which])
    median, found = theirs.quantile(0.5, dim=1), []
    for seed, member in enumerate(ours[:, which].double()):
        near = recovery(median, member)
        ratio = member.std(1) / theirs.std(1)
        narrow = 1 - member.var(1).mean(0) / prior_sd.square()
        for at, name in enumerate(names):
            fields = {"seed": seed, "quantity": name, "method": method}
            off = mean(ratio[:, at])
            found += [
                row(labels, "median_r2", float(near.r2[at]), **fields),
                row(labels, "median_correlation", float(near.correlation[at]), **fields),
                row(labels, "sd_ratio", off.value, error=off.error, **fields),
                row(labels, "contraction_compared", float(narrow[at]), **fields),
            ]
    return found


def reference_rows(
    labels: dict, known: References | None, prior_sd: Float[Tensor, " D"], names: Sequence[str]
) -> list[dict]:
    """By parameter: the contraction of the reference, of the data sets that have a fit."""
    if known is None:
        return []
    theirs = torch.stack([known.fitted[index].draws for index in sorted(known.fitted)])
    narrow = 1 - theirs.var(1).mean(0) / prior_sd.square()
    return [
        row(labels, "contraction_compared", float(value), quantity=name, method="stan")
        for name, value in zip(names, narrow, strict=True)
    ]


def density_rows(
    labels: dict,
    grid: Float[Tensor, "P K"],
    ours: Float[Tensor, "M P 2 K"],
    exact: Float[Tensor, "P 2 K"],
) -> list[dict]:
    """Integrals over times and both responses: of the absolute difference, and of ours (`mass`).

    The second is 1 but for the grid's ends, where a network has a density of response times.
    """
    parts = {"density_l1": (ours - exact).abs(), "density_mass": ours}
    integrals = {
        name: torch.trapezoid(part.double(), grid[:, None].double(), dim=-1).sum(-1)
        for name, part in parts.items()
    }
    total, shared = integrals["density_l1"], {"method": "jana"}
    found = [
        row(labels, name, float(value), seed=seed, observation=where, **shared)
        for name, values in integrals.items()
        for seed, member in enumerate(values)
        for where, value in enumerate(member)
    ]
    ends = {"least": torch.amin, "largest": torch.amax}
    found += [
        row(labels, f"{name}_{end}", float(value), seed=seed, **shared)
        for name, values in integrals.items()
        for end, extreme in ends.items()
        for seed, value in enumerate(extreme(values, -1))
    ]
    return found + [
        row(labels, "density_l1_mean", m.value, error=m.error, seed=seed, **shared)
        for seed, m in enumerate(map(mean, total))
    ]

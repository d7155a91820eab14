"""Amortized log marginal likelihoods and predictive densities, against exact ones if there are."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..diagnostics.densities import mean, root_mean_square
from ..evidence import LARGEST_KHAT
from ..evidence.amortized import LogMarginal
from ..evidence.predictive import Predictive, log_mean
from ..io.tables import row
from ..simulators.base import Simulator

LEAST_TRUSTED = 0.5  # share of the data sets that a gain must rest on
EXACT_DRAWS = 100_000  # for the predictive density: noise of a hundredth of a nat or so


class Exact(NamedTuple):
    """The true values (B,), or None for a simulator without exact answers.

    Attributes:
        marginal: log p(x).
        predictive: log p(new | x), a mean over exact draws, with its Monte Carlo error.
    """

    marginal: Float[Tensor, " B"] | None
    predictive: Predictive | None


def exact(
    rng: Generator, simulator: Simulator, x: Tensor, new: Tensor, draws: int = EXACT_DRAWS
) -> Exact:
    """log p(x), and log p(new | x) as the mean likelihood of new data under exact draws."""
    if simulator.exact is None:
        return Exact(None, None)
    found = []
    for given, fresh in zip(x.split(1), new.double().split(1), strict=True):  # to bound memory
        theta = simulator.exact.sample(rng, given, draws).double()
        found.append(log_mean(simulator.log_likelihood(theta, fresh.unsqueeze(1))))
    predictive = Predictive(*(torch.cat(part) for part in zip(*found, strict=True)))
    return Exact(simulator.exact.log_marginal(x.double()), predictive)


def rows(
    labels: dict, ours: LogMarginal, exact: Float[Tensor, " B"] | None, draws: int
) -> list[dict]:
    """Per seed and data set: value and k-hat; the error, its root mean square and its mean."""
    found = scores(labels, "lml", Predictive(*ours[:2]), exact, draws)
    return found + [
        row(labels, "khat", float(khat), seed=seed, observation=where, method="jana", draws=draws)
        for seed, khats in enumerate(ours.khat)
        for where, khat in enumerate(khats)
    ]


def scores(
    labels: dict,
    name: str,
    ours: Predictive,
    exact: Float[Tensor, " B"] | Predictive | None,
    draws: int,
    method: str = "jana",
) -> list[dict]:
    """Rows of one kind of log density, and of its differences from the exact one.

    Args:
        labels: Columns that all rows share.
        name: "lml", "lpd" or "loo": what the metrics' names begin with.
        ours: Values (M, B) and their Monte Carlo errors.
        exact: The truth, NaN for data sets where it is not known; with its own Monte Carlo error,
            if it has one.
        draws: How many the estimates rest on.
        method: Whose they are.
    """
    shared, found = {"method": method, "draws": draws, "unit": "nats"}, []
    exact, blur = exact if isinstance(exact, Predictive) else (exact, None)
    for seed, (values, errors) in enumerate(zip(*ours, strict=True)):
        for where, (value, error) in enumerate(zip(values, errors, strict=True)):
            fields = {"error": float(error), "seed": seed, "observation": where}
            found.append(row(labels, name, float(value), **fields, **shared))
            if exact is not None and not exact[where].isnan():
                gap = float(value.double() - exact[where].double())
                if blur is not None:
                    fields["error"] = math.hypot(float(error), float(blur[where]))
                found.append(row(labels, f"{name}_error", gap, **fields, **shared))
        if exact is not None and not exact.isnan().all():
            gaps = (values.double() - exact.double())[~exact.isnan()]
            for metric, score in (("rmse", root_mean_square(gaps)), ("bias", mean(gaps))):
                fields = {"error": score.error, "seed": seed}
                found.append(row(labels, f"{name}_{metric}", score.value, **fields, **shared))
    return found


def gain_of_refining(
    labels: dict,
    ratios: Float[Tensor, "M B"],
    pool: LogMarginal,
    powers: Float[Tensor, " M"],
    chosen: bool,
) -> list[dict]:
    """Per seed: how much better the density is that refined draws follow, in held-out nats.

    That is q r^p / E_q[r^p], with q the posterior network, r = prior * likelihood network / q and
    p the member's pooling. It is compared with q at the true parameters. Only data sets count
    whose weights k-hat trusts, and where they are half or less there is no gain. No reference is
    read for it. It cannot see a mode that the posterior network has missed: nor can refined draws
    reach it.

    Args:
        labels: Columns that all rows share.
        ratios: log r of held-out pairs.
        pool: log E_q[r^p] of their data.
        powers: p of each member.
        chosen: Whether training chose them; only then do they stand among the rows.
    """
    gains = powers.double()[:, None] * ratios.double() - pool.value
    trusted = (pool.khat <= LARGEST_KHAT) & gains.isfinite()
    found = (
        (seed, mean(member[kept]))
        for seed, (member, kept) in enumerate(zip(gains, trusted, strict=True))
        if kept.double().mean() > LEAST_TRUSTED
    )
    return [
        row(labels, "refined_gain", m.value, error=m.error, seed=seed, method="jana", unit="nats")
        for seed, m in found
    ] + [
        row(labels, "pooling", round(float(power), 3), seed=seed, method="jana_refined")
        for seed, power in enumerate(powers if chosen else ())
    ]

"""SBC of reference fits themselves, beside ours on the same data sets."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Generator, Tensor

from ..diagnostics import ecdf
from ..io.tables import row
from ..provenance import seed_of
from ..rng import generator
from ..simulators.base import Simulator
from ..stan.job import Job
from .calibration import EXTRA, Answers, adjusted, quantity_ranks
from .reference import FAILED, STARTS


class Beside(NamedTuple):
    """Rank ECDFs of several answers to the same data sets, over one simultaneous band.

    Attributes:
        grid: Fractional ranks.
        curves: ECDFs, by answer and quantity.
        lower: Lower edge of the band for all quantities together.
        upper: Its upper edge.
        p_values: Of uniformity, adjusted for the number of quantities.
    """

    grid: Float[Tensor, " K"]
    curves: Float[Tensor, "A Q K"]
    lower: Float[Tensor, " K"]
    upper: Float[Tensor, " K"]
    p_values: Float[Tensor, "A Q"]


def fitted(
    job: Job, simulator: Simulator, x: Float[Tensor, " *X"], index: int, n: int
) -> tuple[Float[ndarray, "L D"], str]:
    """`n` of a fit's draws, evenly from all its chains, and what its gate says.

    No fit is left out for its gate: SBC of those that passed would be of other data than the
    prior's. One that could not be made at all has NaN for draws.

    Args:
        job: How to fit.
        simulator: Its prior is where chains start.
        x: The data set.
        index: Its number, which names its seeds.
        n: Number of draws L: at most those of all chains.
    """
    seed, given = seed_of(job.seed, index), x.double().numpy()
    starts = simulator.prior.sample(generator(seed), STARTS).double().numpy()
    try:
        found = job.fit(job.model(given), given, starts, seed % 2**31)
    except RuntimeError as error:  # of the sampler
        print(f"data set {index} could not be fitted: {error}", flush=True)
        return np.full((n, len(simulator.theta_names)), np.nan), FAILED
    flat = found.theta.reshape(-1, found.theta.shape[2])
    return flat[np.linspace(0, len(flat) - 1, n).round().astype(int)], found.status


def exactly(
    simulator: Simulator,
    theta: Float[Tensor, "B D"],
    x: Float[Tensor, " B *X"],
    draws: Float[Tensor, "B L D"],
    reference: Float[Tensor, "B D"],
) -> Answers:
    """Draws with the scores that the model itself gives them: log likelihood and log posterior.

    The log posterior lacks the evidence, which moves no rank.
    """

    def scores(at: Tensor, data: Tensor) -> Tensor:
        likelihood = simulator.log_likelihood(at.double(), data.double())
        return torch.stack([likelihood, likelihood + simulator.prior.log_prob(at).double()], -1)

    each = [scores(at, data[None]) for at, data in zip(draws, x, strict=True)]  # to bound memory
    return Answers(draws, torch.stack(each), scores(theta, x), reference)


def beside(
    rng: Generator, theta: Float[Tensor, "B D"], answers: Sequence[Answers], level: float
) -> Beside:
    """Judges answers to the same data sets, of as many draws each."""
    sets, n = answers[0].draws.shape[:2]
    null = ecdf.null_extremes(rng, sets, n)
    found = torch.stack([quantity_ranks(rng, theta, each) for each in answers])
    band = ecdf.band(null, sets, n, 1 - (1 - level) / found.shape[2])
    curves = torch.stack([ecdf.ecdf(each, n) for each in found])
    p_values = torch.stack([adjusted(each, n, null) for each in found])
    return Beside(ecdf.grid(n), curves, band.lower, band.upper, p_values)


def rows(
    labels: dict,
    found: Beside,
    names: Sequence[str],
    status: Sequence[str],
    sets: int,
) -> list[dict]:
    """p-values of the reference, then of ours by seed; how many of the fits passed their gate.

    Args:
        labels: Columns that all rows share; those of the reference have no design.
        found: The reference first, then a seed each.
        names: Of the parameters.
        status: Of each fit.
        sets: How many data sets were judged.
    """
    stan = {key: labels[key] for key in ("experiment", "task")} | {"method": "stan"}
    setting = f"SBC on {sets} data sets"
    passed = sum(one == "ok" for one in status) / len(status)
    table = [row(stan, "fit_ok", passed, setting=setting)]
    for place, member in enumerate(found.p_values):
        who = stan if not place else labels | {"method": "jana", "seed": place - 1}
        table += [
            row(who, "sbc_pvalue", float(p), quantity=name, setting=setting)
            for name, p in zip([*names, *EXTRA], member, strict=True)
        ]
    return table

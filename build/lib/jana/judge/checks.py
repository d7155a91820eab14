"""Do the checks work? Each of them on pairs whose faults are known.

Every repeat draws new parameters and data. A check flags a repeat where it is significant at
`LEVEL`, adjusted for the quantities it looks at; two have a plain threshold instead. On the exact
answers the share of flagged repeats is the check's false-alarm rate.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..diagnostics import ecdf
from ..diagnostics.c2st import c2st
from ..diagnostics.densities import divergence
from ..diagnostics.mmd import mmd2
from ..diagnostics.recovery import recovery
from ..evidence import LARGEST_KHAT
from ..evidence.psis import smooth
from ..io.tables import row
from ..simulators.base import Simulator
from .calibration import Answers, quantity_ranks, references
from .pairs import Pair

LEVEL = 0.05
LEAST_CONTRACTION = 0.1
POOL = 1000  # simulations among which TARP's reference points are looked for
CHECKS = (
    "SBC: parameters",
    "SBC: log likelihood",
    "SBC: log posterior",
    "TARP",
    "joint SBC",
    "contraction below 0.1",
    "held-out density",
    "k-hat above 0.7",
    "MMD",
    "C2ST",
)


class Sizes(NamedTuple):
    """How much a repeat looks at.

    Attributes:
        datasets: Data sets for ranks and densities.
        draws: Posterior draws of each.
        sample: Draws of the one observation that MMD, C2ST and k-hat look at.
    """

    datasets: int
    draws: int
    sample: int


def flags(
    rng: Generator, simulator: Simulator, pair: Pair, sizes: Sizes, repeats: int
) -> dict[str, Float[Tensor, " R"]]:
    """Which repeats each check flags (1.0) or passes (0.0)."""
    null = ecdf.null_extremes(rng, sizes.datasets, sizes.draws)
    pool = simulator.draw(rng, POOL)
    found = [_one(rng, simulator, pair, sizes, null, pool) for _ in range(repeats)]
    samples = [torch.stack(part) for part in zip(*(sample for _, sample in found), strict=True)]
    reference, draws = samples
    accuracy = c2st(reference, draws)
    # As if the share of 2 L draws told apart were binomial. Folds share their training data, so it
    # spreads more: up to 10 % of exact answers are flagged for two moons, not 5 %.
    limit = 0.5 + 1.645 * 0.5 / math.sqrt(2 * reference.shape[1])
    flagged = {name: [float(flag[name]) for flag, _ in found] for name in CHECKS[:-1]}
    return {name: torch.tensor(values) for name, values in flagged.items()} | {
        "C2ST": (accuracy > limit).float()
    }


def _one(
    rng: Generator,
    simulator: Simulator,
    pair: Pair,
    sizes: Sizes,
    null: Float[Tensor, " S"],
    pool: tuple[Tensor, Tensor],
) -> tuple[dict[str, bool], tuple[Tensor, Tensor]]:
    """One repeat: flags by check, and the two samples that C2ST compares."""
    theta, x = simulator.draw(rng, sizes.datasets)
    answers = answered(rng, pair, theta, x, sizes.draws, pool, simulator.exchangeable)
    fake = pair.simulate(rng, theta)
    joint = answered(rng, pair, theta, fake, sizes.draws, pool, simulator.exchangeable)
    p = _p_values(quantity_ranks(rng, theta, answers), sizes.draws, null)
    p_joint = _p_values(quantity_ranks(rng, theta, joint), sizes.draws, null)
    dim = theta.shape[1]
    exact = simulator.answers()
    gap = divergence(exact.log_posterior(theta, x), pair.log_posterior(theta, x))
    reference, draws, khat = _samples(rng, simulator, pair, x[:2], sizes.sample)
    discrepancy = mmd2(rng, reference[None], draws[None])
    flagged = {
        "SBC: parameters": _any(p[:dim]),
        "SBC: log likelihood": _any(p[dim : dim + 1]),
        "SBC: log posterior": _any(p[dim + 1 : dim + 2]),
        "TARP": _any(p[-1:]),
        "joint SBC": _any(p_joint),
        "contraction below 0.1": bool(
            recovery(theta, answers.draws).contraction.mean() < LEAST_CONTRACTION
        ),
        # An infinite divergence has no error to compare with.
        "held-out density": not gap.value <= 1.645 * gap.error,
        "k-hat above 0.7": khat > LARGEST_KHAT,
        "MMD": float(discrepancy.p_value) <= LEVEL,
    }
    return flagged, (reference, draws)


def answered(
    rng: Generator,
    pair: Pair,
    theta: Float[Tensor, "B D"],
    x: Float[Tensor, " B *X"],
    n: int,
    pool: tuple[Tensor, Tensor],
    exchangeable: bool,
) -> Answers:
    """The pair's posterior draws and scores for each data set, ready to be ranked."""
    draws, log_posterior = pair.sample(rng, x, n)
    log_likelihood = pair.log_likelihood(draws, x.unsqueeze(1))
    scores = torch.stack([log_likelihood, log_posterior], -1)
    truth = torch.stack([pair.log_likelihood(theta, x), pair.log_posterior(theta, x)], -1)
    return Answers(draws, scores, truth, references(x, pool, exchangeable))


def _samples(
    rng: Generator, simulator: Simulator, pair: Pair, x: Float[Tensor, " B *X"], n: int
) -> tuple[Float[Tensor, "L D"], Float[Tensor, "L D"], float]:
    """Exact and judged draws of the first data set, and k-hat of the judged ones.

    The second data set is there for pairs that shuffle.
    """
    reference = simulator.answers().sample(rng, x, n)[0]
    draws, log_density = (part[0] for part in pair.sample(rng, x, n))
    target = simulator.prior.log_prob(draws) + simulator.log_likelihood(draws, x[:1])
    khat = smooth((target.double() - log_density.double())[None]).khat
    return reference, draws, float(khat)


def _p_values(ranks: Tensor, n: int, null: Tensor) -> Float[Tensor, " Q"]:
    return ecdf.p_values(ecdf.extremes(ecdf.counts_below(ranks, n), len(ranks)), null)


def _any(p: Float[Tensor, " Q"]) -> bool:
    """Whether one of several p-values is significant, adjusted for their number."""
    return bool(ecdf.holm(p).min() <= LEVEL)


def rows(labels: dict, fault: str, found: dict[str, Float[Tensor, " R"]]) -> list[dict]:
    """The share of repeats that each check flags, with its binomial standard error."""
    shares = {name: (float(flags.mean()), len(flags)) for name, flags in found.items()}
    return [
        row(
            labels,
            "flagged",
            share,
            error=math.sqrt(share * (1 - share) / n),
            quantity=name,
            method=fault,
            draws=n,
        )
        for name, (share, n) in shares.items()
    ]

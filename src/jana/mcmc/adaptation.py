"""What warm-up learns: the size of steps, chain by chain, and the scales of each target."""

from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

# Of dual averaging, as in Stan.
FORGET, DAMPING, DECAY = 10.0, 0.05, 0.75
FIRST, BOLD = 0.8, 2.0  # the first step, in the target's scales, and how far above it to try
SHRINK = 5.0  # draws that the scales until then count for, as in Stan
PARTS = (1, 2, 4)  # of warm-up: scales are learned anew after all of them but the last


class Step(NamedTuple):
    """Of each chain, the logarithm of its step and what dual averaging knows.

    Attributes:
        log: At which it is.
        average: Over its course: what it will be kept at.
        error: Mean of the wanted less the found acceptance.
        count: Transitions so far.
        centre: Towards what it is drawn.
    """

    log: Float[Tensor, " R"]
    average: Float[Tensor, " R"]
    error: Float[Tensor, " R"]
    count: Int[Tensor, " R"]
    centre: Float[Tensor, " R"]


def started(log: Float[Tensor, "B C"]) -> Step:
    """Chains whose steps begin at exp(log), a row each."""
    log = log.flatten()
    zero = torch.zeros_like(log)
    return Step(log, log, zero, zero.long(), log + torch.tensor(BOLD).log())


def learned(
    step: Step, accept: Float[Tensor, " R"], wanted: float, which: Bool[Tensor, " R"]
) -> Step:
    """Steps after one more transition of some chains, by dual averaging.

    Reference: Nesterov (2009); Hoffman & Gelman (2014), JMLR 15, section 3.2.

    Args:
        step: Before.
        accept: Mean acceptance of that transition.
        wanted: What its mean is to be.
        which: Chains that have made one.
    """
    count = step.count + 1
    rate = 1 / (count + FORGET)
    error = (1 - rate) * step.error + rate * (wanted - accept)
    log = step.centre - error * count.sqrt() / DAMPING
    weight = count.double().pow(-DECAY)
    new = Step(log, (1 - weight) * step.average + weight * log, error, count, step.centre)
    return Step(*(torch.where(which, a, b) for a, b in zip(new, step, strict=True)))


class Metric(NamedTuple):
    """Where each target lies and how wide it is: chains move in root^-1 (u - centre).

    Attributes:
        centre: Means.
        root: Lower triangular roots of covariances.
    """

    centre: Float[Tensor, "B D"]
    root: Float[Tensor, "B D D"]


def measured(draws: Float[Tensor, "B N D"], before: Metric | None = None) -> Metric:
    """Means and covariances of draws, in part those until then.

    Args:
        draws: N of each target, on which the chains move; without `before`, more than D.
        before: What `SHRINK` draws are taken to have said already.
    """
    many, centre = draws.shape[1], draws.mean(1)
    if before is None:
        return Metric(centre, torch.linalg.cholesky(_covariance(draws)))
    scaled = torch.linalg.solve_triangular(before.root, (draws - centre[:, None]).mT, upper=False)
    unit = torch.eye(draws.shape[2], dtype=draws.dtype)
    mixed = (many * _covariance(scaled.mT) + SHRINK * unit) / (many + SHRINK)
    return Metric(centre, before.root @ torch.linalg.cholesky(mixed))


def _covariance(draws: Float[Tensor, "B N D"]) -> Float[Tensor, "B D D"]:
    centred = draws - draws.mean(1, keepdim=True)
    return centred.mT @ centred / (draws.shape[1] - 1)


def windows(warmup: int) -> list[int]:
    """Transitions of each part of warm-up."""
    ends = [round(warmup * sum(PARTS[:n]) / sum(PARTS)) for n in range(len(PARTS) + 1)]
    return [stop - start for start, stop in pairwise(ends)]

"""NUTS of many targets at once, all their chains together.

A target's chains draw from its own generator, and see no other target: which others stand beside
it, and how they are grouped, changes none of its draws (as far as its density does not depend
on what else is asked for, to the last digit: a matrix product of other rows may).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from .adaptation import FIRST, Metric, measured, started, windows
from .course import Density, Plan, Run, course


@dataclass(frozen=True)
class Settings:
    """How long and how carefully to sample.

    Attributes:
        chains: Of each target.
        warmup: Transitions of each chain that adapt it and are dropped.
        draws: Transitions of each chain that are kept.
        accept: Mean acceptance that steps are adapted to.
        depth: Doublings at most: 2^depth - 1 steps in a transition.
        rows: Chains that advance at once, at most: bounds memory.
    """

    chains: int = 4
    warmup: int = 200
    draws: int = 1000
    accept: float = 0.8
    depth: int = 10
    rows: int = 400

    def __post_init__(self) -> None:
        if self.warmup < 20 or self.draws < 1 or not 0 < self.accept < 1 or self.depth < 1:
            raise ValueError(
                "NUTS needs 20 transitions of warm-up or more, a draw or more, an acceptance "
                f"between 0 and 1 and a doubling or more, not {self}"
            )


class Chains(NamedTuple):
    """What chains have gone through after their warm-up.

    Attributes:
        draws: Their places.
        accept: Mean acceptance of each transition.
        diverged: Which transitions lost their energy: their draws are not to be trusted.
        steps: Leapfrog steps, and so gradients, of each transition.
        step: The size of each chain's steps, in the scales of `metric`.
        metric: Of each target.
    """

    draws: Float[Tensor, "B C N D"]
    accept: Float[Tensor, "B C N"]
    diverged: Bool[Tensor, "B C N"]
    steps: Int[Tensor, "B C N"]
    step: Float[Tensor, "B C"]
    metric: Metric


def sample(
    rngs: Sequence[Generator],
    density: Density,
    starts: Float[Tensor, "B C D"],
    metric: Metric,
    settings: Settings,
) -> Chains:
    """Chains of each target from given places.

    Args:
        rngs: One generator per target.
        density: Of places and of which target each is asked of; has a gradient.
        starts: Where chains begin, in double precision.
        metric: A first idea of the targets' places and widths.
        settings: How to sample.

    Raises:
        ValueError: If a chain would start where there is no density, or no gradient.
    """
    size = max(1, settings.rows // starts.shape[1])
    groups = [range(at, min(at + size, len(starts))) for at in range(0, len(starts), size)]
    found = [
        _sampled(
            [rngs[at] for at in group],
            lambda u, which, first=group[0]: density(u, which + first),
            starts[group[0] : group[-1] + 1],
            Metric(*(part[group[0] : group[-1] + 1] for part in metric)),
            settings,
        )
        for group in groups
    ]
    run, metric = (
        type(parts[0])(*(torch.cat(part) for part in zip(*parts, strict=True)))
        for parts in zip(*found, strict=True)
    )
    return Chains(*run, metric)


def _sampled(
    rngs: Sequence[Generator],
    density: Density,
    starts: Float[Tensor, "B C D"],
    metric: Metric,
    settings: Settings,
) -> tuple[Run, Metric]:
    """Warm-up, part by part, and then the draws."""
    at, log_step = starts, torch.full(starts.shape[:2], FIRST, dtype=torch.float64).log()
    parts = windows(settings.warmup)
    for part, number in enumerate(parts):
        plan = Plan(number, settings.depth, settings.accept)
        run = course(rngs, density, at, metric, started(log_step), plan)
        at, log_step = run.draws[:, :, -1], run.step.log().mean(1, keepdim=True).expand_as(log_step)
        if part < len(parts) - 1:
            metric = measured(run.draws.flatten(1, 2), metric)
    plan = Plan(settings.draws, settings.depth, None)
    return course(rngs, density, at, metric, started(log_step), plan), metric

"""How fast to learn at which step: pure functions of the step."""

import math


def rate(step: int, steps: int, peak: float, warmup: float) -> float:
    """The learning rate: linear from 0 over a share `warmup` of all steps, then a cosine to 0."""
    rising = round(warmup * steps)
    if step < rising:
        return peak * (step + 1) / rising
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def keep(step: int, every: int, decay: float) -> float:
    """How much of the running average stays, when it is updated after `step` steps.

    `decay` is per step. Early on the average is shorter, so that it forgets the start.
    """
    return min(decay, (1 + step) / (10 + step)) ** every

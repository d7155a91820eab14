"""Ordinary differential equations of many parameters at once, in fixed steps."""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Flow = Callable[[Float[Tensor, "S B"]], Float[Tensor, "S B"]]


def solved(
    flow: Flow, start: Float[Tensor, "S B"], times: Sequence[float], step: float
) -> Float[Tensor, "T S B"]:
    """States at the given times, by the classical Runge-Kutta method of fourth order.

    Args:
        flow: The time derivative of each state; it does not depend on time.
        start: States at time 0.
        times: Rising, from 0 or later.
        step: Largest step; from one time to the next, steps are equal.
    """
    state, now, found = start, 0.0, []
    for time in times:
        number = math.ceil((time - now) / step - 1e-9)
        for _ in range(number):
            state = _step(flow, state, (time - now) / number)
        now = time
        found.append(state)
    return torch.stack(found)


def _step(flow: Flow, state: Float[Tensor, "S B"], h: float) -> Float[Tensor, "S B"]:
    one = flow(state)
    two = flow(state + h / 2 * one)
    three = flow(state + h / 2 * two)
    four = flow(state + h * three)
    return state + h / 6 * (one + 2 * (two + three) + four)

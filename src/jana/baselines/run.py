"""One run of a method: it learns, and answers all that is asked of it; or why it did not."""

import math
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..provenance import seed_of
from ..rng import generator
from ..simulators.base import Draws, Simulator
from .method import Budgeted, Fitted, Method

FAILURES = (RuntimeError, ValueError, ArithmeticError, AssertionError, TimeoutError)
AGAIN = 10.0  # seconds between alarms, after the first
Arrays = dict[str, tuple[tuple[str, ...], Tensor]]  # names of the axes, values


class Asked(NamedTuple):
    """What every method is asked for.

    Attributes:
        x: Observations; the first is the one that sequential methods learn for, and the others
            are asked of amortized ones where draws are cheap.
        draws: Of the first posterior.
        many: Of the first posterior too, where draws are cheap: as many or more.
        each: Of each other posterior, by amortized methods.
        held_out: Pairs whose densities are asked for.
    """

    x: Float[Tensor, "O X"]
    draws: int
    many: int
    each: int
    held_out: Draws


class Run(NamedTuple):
    """What came of it.

    Attributes:
        status: "ok", or the kind of error and what it says.
        arrays: By name: `first_`, `many_`, `other_` and `predictive_` with the name of the draws,
            `log_` with that of the density, and numbers; of a failed run the seconds it took.
    """

    status: str
    arrays: Arrays


def run(
    method: Method,
    simulator: Simulator,
    budget: int,
    seeds: tuple[int, int],
    asked: Asked,
    limit: float,
) -> Run:
    """Runs a method for at most `limit` seconds; what goes wrong in it becomes a status.

    That is a result, for a method that fails on a task is worth knowing; it is said in the log.

    Args:
        method: What is run.
        simulator: The task.
        budget: Simulations, validation included.
        seeds: Of the simulations, which all methods share, and of the method.
        asked: What it is to answer.
        limit: Seconds for all.
    """
    begun, worked = time.perf_counter(), time.process_time()
    try:
        with _within(limit):
            task = Budgeted(simulator, budget, seeds[0])
            fitted = method(generator(seeds[1]), task, asked.x[0])
            numbers = {
                "train_seconds": time.perf_counter() - begun,
                "train_cpu_seconds": time.process_time() - worked,
                "simulations": float(task.used),
            } | fitted.notes
            return Run("ok", _answers(fitted, seeds[1], asked) | _numbers(numbers))
    except FAILURES as error:
        traceback.print_exc()
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Run(said[:200], _numbers({"failed_seconds": time.perf_counter() - begun}))


def _answers(fitted: Fitted, seed: int, asked: Asked) -> Arrays:
    found: Arrays = {}
    for name, posterior in fitted.posteriors.items():
        begun, worked = time.perf_counter(), time.process_time()
        first = posterior(_rng(seed, "first"), asked.x[0], asked.draws)
        numbers = {
            f"draw_seconds_{name}": time.perf_counter() - begun,
            f"draw_cpu_seconds_{name}": time.process_time() - worked,
            f"outside_{name}": first.outside,
            f"refined_{name}": first.refined,
        }
        found |= _numbers({key: float(n) for key, n in numbers.items() if n is not None})
        found[f"first_{name}"] = ("draw", "parameter"), first.theta
        if asked.many > asked.draws:
            many = posterior(_rng(seed, "many"), asked.x[0], asked.many).theta
            found[f"many_{name}"] = ("many_draw", "parameter"), many
        if fitted.amortized and len(asked.x) > 1:
            each = [
                posterior(_rng(seed, "other", k), x, asked.each) for k, x in enumerate(asked.x[1:])
            ]
            found[f"other_{name}"] = (
                ("other_observation", "other_draw", "parameter"),
                torch.stack([one.theta for one in each]),
            )
            if each[0].refined is not None:
                chosen = torch.tensor([float(bool(one.refined)) for one in each])
                found[f"others_refined_{name}"] = ("other_observation",), chosen
        if fitted.surrogate is not None:
            made = fitted.surrogate(_rng(seed, "predictive"), first.theta)
            found[f"predictive_{name}"] = ("draw", "coordinate"), made
    for name, log_density in fitted.densities.items():
        found[f"log_{name}"] = ("pair",), log_density(*asked.held_out)
    for name, (_, values) in found.items():
        broken = ~torch.as_tensor(values).isfinite()
        # A density of nothing is an answer, if a poor one; else what is not finite is none.
        if name.startswith("log_"):
            broken &= torch.as_tensor(values) != -math.inf
        if broken.any():
            raise ValueError(f"{name} has {int(broken.sum())} numbers that are not finite")
    return found


def _rng(seed: int, *name: object) -> Generator:
    return generator(seed_of(seed, *name))


def _numbers(found: dict[str, float]) -> Arrays:
    for name, value in found.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} of a run needs to be finite, not {value}")
    return {name: ((), torch.tensor(value)) for name, value in found.items()}


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in the block once it has taken so long, or at its end at the latest."""
    armed, rang = True, False

    def late() -> TimeoutError:
        return TimeoutError(f"not done after {seconds:g} s")

    def stop(*_: object) -> None:
        nonlocal rang
        if armed:
            rang = True
            raise late()

    before: Callable | int | None = signal.signal(signal.SIGALRM, stop)
    # Some code answers every error by another try: the alarm rings until it is heard.
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    except Exception as error:
        if rang and not isinstance(error, TimeoutError):  # what the alarm was made into
            raise late() from error
        raise
    finally:
        armed = False  # first: an alarm between here and its end would leave it on
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    # An alarm in a finalizer or a callback is printed and lost; a run that was late is late.
    if rang:
        raise late()

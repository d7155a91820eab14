"""Reference posteriors: what each Stan program is given, and how a fit is judged.

A fit is judged in the program's own parameters. Where a posterior is the same in several places
that chains do not cross between, each chain sees one of them, and a random reflection of every
draw, under which the posterior does not change, makes a draw of the whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from arviz_stats.base import array_stats
from jaxtyping import Float
from numpy import ndarray
from numpy.random import Generator

from . import scales
from .model import Model
from .nuts import Draws, Settings, sample

Sampler = Callable[[Model, Settings, Float[ndarray, "C D"], int], Draws]

Told = Callable[[Float[ndarray, "S D"], Float[ndarray, " *X"]], Float[ndarray, "S P"]]
Restored = Callable[
    [Generator, Float[ndarray, "S P"], Float[ndarray, " *X"]], Float[ndarray, "S D"]
]

LARGEST_RHAT, LEAST_ESS = 1.01, 400
ESS = ({"method": "bulk"}, {"method": "tail", "prob": (0.05, 0.95)})
CAREFUL = 0.99  # acceptance of the second try, where the first diverged


@dataclass(frozen=True)
class Program:
    """How a task meets its Stan program.

    Attributes:
        data: What the program asks for, made of one data set.
        told: The program's parameters of the task's, row by row; NaN where it has none.
        restored: The way back; with random reflections where the program knows one place of
            several alike.
        longer: How many times the usual draws it takes to pass the gate.
    """

    data: Callable[[Float[ndarray, " *X"]], dict]
    told: Told = lambda theta, x: theta
    restored: Restored = lambda rng, params, x: params
    longer: int = 1


# When the paper's ODE tasks look: every 16th of 160 points to 160, every second of 20 points to 20.
SIR_DAYS, LYNX_DAYS = np.arange(10) * 16 * 160 / 159, np.arange(10) * 2 * 20 / 19

# A chain of the mixture goes between its parts, but not often: for the same gate it is four times
# as long.
PROGRAMS: dict[str, Program] = {
    "gaussian_linear": Program(data=lambda x: {"D": len(x), "x": x}),
    "gaussian_linear_uniform": Program(data=lambda x: {"D": len(x), "x": x}),
    "gaussian_mixture": Program(lambda x: {"x": x}, scales.stretched, scales.shrunk, longer=4),
    "gaussian_iid": Program(data=lambda x: {"T": len(x), "x": x.reshape(-1)}),
    "two_moons": Program(lambda x: {"x": x}, scales.arc, scales.either_moon),
    "slcp": Program(lambda x: {"x": x}, scales.folded, scales.any_quarter),
    "bernoulli_glm_raw": Program(
        data=lambda x: {"T": len(x), "V": x[:, 1:], "z": x[:, 0].astype(int)}
    ),
    "sir": Program(data=lambda x: {"T": len(x), "times": SIR_DAYS, "x": x}),
    "lotka_volterra": Program(
        data=lambda x: {"T": len(x) // 2, "times": LYNX_DAYS, "y": x.reshape(-1, 2)}
    ),
    "drift_diffusion": Program(data=lambda x: {"T": len(x), "y": x.reshape(-1)}),
    "drift_diffusion_unbiased": Program(data=lambda x: {"T": len(x), "y": x.reshape(-1)}),
}


class Fit(NamedTuple):
    """One reference posterior.

    Attributes:
        theta: Draws of the task's parameters.
        draws: The program's, on unconstrained scale.
        rhat: Largest of the program's parameters.
        ess: Smallest bulk or tail effective sample size of them.
        divergences: Of all transitions that are kept.
        accept: The acceptance that the run was adapted to.
        status: "ok", or all that the gate found, such as "R-hat, ESS" or "divergences".
    """

    theta: Float[ndarray, "C N D"]
    draws: Float[ndarray, "C N U"]
    rhat: float
    ess: float
    divergences: int
    accept: float
    status: str


def fit(
    program: Program,
    model: Model,
    x: Float[ndarray, " *X"],
    starts: Float[ndarray, "S D"],
    settings: Settings,
    seed: int,
    sampler: Sampler | None = None,
) -> Fit:
    """Draws that have passed the gate, or a status that says why not.

    Where transitions diverge, there is one more run, in smaller steps.

    Args:
        program: Of the task.
        model: With the data set.
        x: The data set.
        starts: Draws of the task's prior: chains start from the first that have a density.
        settings: How to sample.
        seed: Of the sampler and of reflections.
        sampler: Of chains from given points; nutpie's NUTS by default.

    Raises:
        RuntimeError: If chains have nowhere to start, or cannot go on.
    """
    settings = replace(settings, draws=settings.draws * program.longer)
    told = program.told(starts, x)
    at = model.unconstrained(told[np.isfinite(told).all(-1)], refused=np.nan)
    at = at[np.isfinite(at).all(-1)]
    at = at[np.isfinite(model.log_density(at))][: settings.chains]
    if len(at) < settings.chains:
        raise RuntimeError(
            f"{settings.chains} chains need as many prior draws with a density to start from, but "
            f"of {len(starts)} only {len(at)} have one: do data and model fit?"
        )
    run = sampler or sample
    found = run(model, settings, at, seed)
    if found.diverged.any():
        settings = replace(settings, accept=max(settings.accept, CAREFUL))
        found = run(model, settings, at, seed)
    return judged(program, model, x, found, settings.accept, seed)


def judged(
    program: Program,
    model: Model,
    x: Float[ndarray, " *X"],
    found: Draws,
    accept: float,
    seed: int,
) -> Fit:
    """The draws as a fit, with what the gate says of them."""
    flat = found.draws.reshape(-1, model.dim)
    own = model.constrained(flat).reshape(*found.draws.shape[:2], -1)
    columns = np.moveaxis(own, 2, 0)
    # NumPy's extremes, not Python's: a NaN is to come through.
    rhat = float(np.max([array_stats.rhat(column) for column in columns]))
    ess = float(np.min([array_stats.ess(column, **kind) for column in columns for kind in ESS]))
    theta = program.restored(np.random.default_rng(seed), own.reshape(-1, own.shape[2]), x)
    divergences = int(found.diverged.sum())
    passed = {
        "R-hat": rhat < LARGEST_RHAT,
        "ESS": ess > LEAST_ESS,
        "divergences": not divergences,
        "infinite draws": bool(np.isfinite(own).all()),
    }
    status = ", ".join(name for name, ok in passed.items() if not ok) or "ok"
    theta = theta.reshape(*own.shape[:2], -1)
    return Fit(theta, found.draws, rhat, ess, divergences, accept, status)

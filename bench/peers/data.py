"""The data that all systems learn from: python bench/peers/data.py FOLDER"""

import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from jana import simulators
from jana.rng import generator

HELD_OUT = 5000
RACE_TRIALS = 100
RACE = torch.tensor([[-1.0, -1.0, 0.3, 0.1], [1.0, 1.0, 1.0, 0.4]])


def race(rng: torch.Generator, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A race of two runners with log-normal times, of the drift diffusion model's shape.

    Returns:
        theta (n, 4): mean log times, their spread, and what is added to all times; and x (n, 100,
        2): the log time of the winner, and who won, spread evenly over a unit interval.
    """
    low, high = RACE
    theta = low + (high - low) * torch.rand(n, 4, generator=rng)
    noise = torch.randn(n, RACE_TRIALS, 2, generator=rng)
    times = (theta[:, None, :2] + theta[:, None, 2:3] * noise).exp()
    first, who = times.min(-1)
    blur = torch.rand(n, RACE_TRIALS, generator=rng) - 0.5
    x = torch.stack([(first + theta[:, None, 3]).log(), 2.0 * who - 1 + blur], -1)
    return theta, x


def normal(rng: torch.Generator, n: int, dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """theta uniform, x = theta + noise: for steps in `dim` dimensions, whose loss is not asked."""
    theta = 2 * torch.rand(n, dim, generator=rng) - 1
    return theta, theta + 0.1 * torch.randn(n, dim, generator=rng)


def save(
    path: Path,
    draw: Callable[[torch.Generator, int], tuple[torch.Tensor, torch.Tensor]],
    n: int,
    low: torch.Tensor,
    high: torch.Tensor,
    held_out: int = HELD_OUT,
) -> None:
    """`n` pairs to learn from and some held-out ones."""
    pairs = {"": draw(generator(1), n), "test_": draw(generator(2), held_out)}
    parts = {
        f"{kind}{name}": part.numpy()
        for kind, pair in pairs.items()
        for name, part in zip(("theta", "x"), pair, strict=True)
    }
    np.savez(path, low=low.numpy(), high=high.numpy(), **parts)


def optimum() -> dict[str, float]:
    """The losses of the exact densities of two moons, on the held-out pairs."""
    task = simulators.get("two_moons")
    theta, x = task.draw(generator(2), HELD_OUT)
    found = {
        "posterior": -float(task.exact.log_posterior(theta, x).mean()),
        "likelihood": -float(task.log_likelihood(theta, x).mean()),
    }
    assert all(math.isfinite(value) for value in found.values())
    return found


def make(folder: Path) -> None:
    """All of it, once."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sizes in {"two_moons": (2000, 10_000, 50_000), "epidemic_corrected": (2000,)}.items():
        task = simulators.get(name)
        for n in sizes:
            bounds = task.prior.low, task.prior.high
            save(
                folder / f"{name}-{n}.npz", lambda rng, n, task=task: task.draw(rng, n), n, *bounds
            )
    save(folder / "race-10000.npz", race, 10_000, *RACE)
    for dim in (10, 50):
        edge = torch.ones(dim)
        path = folder / f"normal{dim}-10000.npz"
        save(path, lambda rng, n, dim=dim: normal(rng, n, dim), 10_000, -edge, edge)


if __name__ == "__main__":
    make(Path(sys.argv[1]))

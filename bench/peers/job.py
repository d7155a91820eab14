"""What the script of every system shares: its job, its data, clocks and memory.

Each job is a process, `python SYSTEM.py JOB.json DATA.npz OUT.json`, on as many cores as it was
given. NumPy only, so that no system has another's libraries in its memory or its time.
"""

import time

BEGUN, WORKED = time.perf_counter(), time.process_time()

import json  # noqa: E402 - the clock starts before all that takes time
import resource  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

PASSES = 5  # that a step is timed by; the first, which compiles, does not count
DRAWS = 1000  # of each posterior
DATASETS = 1000  # that draws and densities are timed on


class Job(NamedTuple):
    """What to do.

    Attributes:
        what: "train" or "step".
        setting: Of the networks and of their training, as the system's script knows it.
        seed: Of initial weights and of the order of the data.
        data: Arrays by name: theta, x, test_theta and test_x.
    """

    what: str
    setting: dict[str, Any]
    seed: int
    data: dict[str, np.ndarray]


def read() -> Job:
    """The job that this process was started for."""
    with open(sys.argv[1]) as file:
        told = json.load(file)
    with np.load(sys.argv[2]) as file:
        data = {name: file[name] for name in file}
    for name in ("theta", "x"):
        data[name] = data[name][: told.get("rows")]
    return Job(told["what"], told["setting"], told["seed"], data)


def write(version: str, found: dict[str, float]) -> None:
    """Its metrics."""
    with open(sys.argv[3], "w") as file:
        json.dump({"version": version, "metrics": found}, file)


def since_start() -> dict[str, float]:
    """Seconds since the process began, imports and compilation included, and its memory."""
    return {
        "train_seconds": time.perf_counter() - BEGUN,
        "train_cpu_seconds": time.process_time() - WORKED,
        "train_peak_mb": peak(),
    }


def peak() -> float:
    """The largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def per_second(name: str, made: Callable[[int], int]) -> dict[str, float]:
    """How many are made in a second, for `DATASETS` data sets, after a call for a few to warm up.

    Args:
        name: Of what is made.
        made: Makes them for so many data sets, and returns how many.
    """
    made(10)
    begun = time.perf_counter()
    count = made(DATASETS)
    return {f"{name}_per_second": count / (time.perf_counter() - begun)}


class Laps:
    """Milliseconds of steps, by passes over the data; the first, which compiles, is told apart."""

    def __init__(self, steps: int):
        self.steps, self.walls, self.works = steps, [], []

    def begin(self, *_: object) -> None:
        """A pass begins."""
        self.wall, self.work = time.perf_counter(), time.process_time()

    def end(self, *_: object) -> None:
        """It has ended."""
        self.walls.append(time.perf_counter() - self.wall)
        self.works.append(time.process_time() - self.work)

    def found(self) -> dict[str, float]:
        """Of a step, the medians over the later passes; and what came before steps were steady."""
        wall, work = (1e3 * float(np.median(t[1:])) / self.steps for t in (self.walls, self.works))
        return {
            "step_ms": wall,
            "step_cpu_ms": work,
            "start_seconds": self.walls[0] - wall * self.steps / 1e3,
        }


def added(first: dict[str, float], second: dict[str, float]) -> dict[str, float]:
    """Of a posterior step and a likelihood step, the joint step."""
    return {name: first[name] + second[name] for name in first}


def losses(
    posterior: Callable[[np.ndarray, np.ndarray], np.ndarray],
    likelihood: Callable[[np.ndarray, np.ndarray], np.ndarray],
    data: dict[str, np.ndarray],
) -> dict[str, float]:
    """Held-out losses in nats per data set; log densities are taken of (theta, x)."""
    pair = data["test_theta"], data["test_x"]
    values = {"posterior": posterior(*pair), "likelihood": likelihood(*pair)}
    found = {f"nll_{name}": float(-np.mean(each)) for name, each in values.items()}
    return found | {"nll_joint": sum(found.values())}


def some(data: dict[str, np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Held-out theta and x, again and again: a hundred times as many pairs as data sets, `n`."""
    count = len(data["test_theta"])
    places = np.arange(100 * n) % count
    return data["test_theta"][places], data["test_x"][places]

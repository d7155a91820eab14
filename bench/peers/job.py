"""What the script of every system shares: its job, its data, clocks and memory.

Each job is a process, `python SYSTEM_runs.py JOB.json DATA.npz OUT.json`, on cores of its own.
NumPy only, so that no system has another's libraries in its memory or its time.
"""

import time

BEGUN, WORKED = time.perf_counter(), time.process_time()

# The clocks start before all that takes time.
import json  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

PASSES = 5  # that a step is timed by; the first, which compiles, does not count
DRAWS = 1000  # of each posterior
DATASETS = 1000  # that draws and densities are timed on
CHUNKS = (10, 100, 1000)  # data sets at once: each system has the number that suits it best
DENSITIES = 100  # pairs for each of these data sets


class Job(NamedTuple):
    """What to do.

    Attributes:
        what: "train" or "step".
        setting: Of the networks and of their training, as the system's script knows it.
        seed: Of initial weights and of the order of the data.
        data: Arrays by name: theta, x, test_theta and test_x, and the prior's low and high.
    """

    what: str
    setting: dict[str, Any]
    seed: int
    data: dict[str, np.ndarray]


def read() -> Job:
    """The job that this process was started for."""
    told = json.loads(Path(sys.argv[1]).read_text())
    with np.load(sys.argv[2]) as file:
        data = {name: file[name] for name in file}
    for name in ("theta", "x"):
        data[name] = data[name][: told.get("rows")]
    return Job(told["what"], told["setting"], told["seed"], data)


def write(version: str, found: dict[str, float]) -> None:
    """Its metrics so far: what comes later may yet fail."""
    Path(sys.argv[3]).write_text(json.dumps({"version": version, "metrics": found}))


def peak() -> float:
    """The largest resident memory since the process began, or since `forget`, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (found,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(found) / 1024


def forget() -> None:
    """Largest is counted from here on."""
    Path("/proc/self/clear_refs").write_text("5")


def since_start() -> dict[str, float]:
    """Seconds since the process began, imports and compilation included, and its memory."""
    return {
        "train_seconds": time.perf_counter() - BEGUN,
        "train_cpu_seconds": time.process_time() - WORKED,
        "train_peak_mb": peak(),
    }


def per_second(name: str, made: Callable[[int], int]) -> dict[str, float]:
    """How many are made in a second, for `DATASETS` data sets in the chunks that are fastest.

    Args:
        name: Of what is made.
        made: Makes them for so many data sets, and returns how many.
    """
    rates = {}
    for chunk in CHUNKS:
        forget()
        made(chunk)  # what is compiled is compiled for this shape
        times, count = [], 0
        for _ in range(3 if chunk < DATASETS else 1):
            begun = time.perf_counter()
            count = made(chunk)
            times.append(time.perf_counter() - begun)
        rates[chunk] = count / float(np.median(times)), peak()
    best = max(rates, key=lambda chunk: rates[chunk][0])
    return {
        f"{name}_per_second": rates[best][0],
        f"{name}_peak_mb": rates[best][1],
        f"{name}_at_once": float(best),
    }


class Laps:
    """Times of whole passes over the data: of their steps, that of the later passes' median."""

    def __init__(self):
        self.walls: list[float] = []
        self.works: list[float] = []

    def begin(self, *_: object) -> None:
        """A pass begins."""
        self.wall, self.work = time.perf_counter(), time.process_time()

    def end(self, *_: object) -> None:
        """It has ended."""
        self.walls.append(time.perf_counter() - self.wall)
        self.works.append(time.process_time() - self.work)

    def steady(self, steps: int) -> tuple[float, float]:
        """Milliseconds of a step, by the clock and of the CPU, after the first pass."""
        wall, work = (1e3 * float(np.median(t[1:])) / steps for t in (self.walls, self.works))
        return wall, work


def steps(each: dict[str, tuple[float, float]], count: int) -> dict[str, float]:
    """What a step takes, of each network and of both, and what came before steps were steady.

    Args:
        each: By network ("posterior", "likelihood", or "" for both at once), from `Laps.steady`.
        count: How many steps were taken of each.
    """
    wall, work = (sum(times) for times in zip(*each.values(), strict=True))
    found = {f"{name}_step_ms": times[0] for name, times in each.items() if name}
    if len(each) > 1 or "" in each:
        found |= {"step_ms": wall, "step_cpu_ms": work}
    start = time.perf_counter() - BEGUN - count * wall / 1e3
    return found | {"start_seconds": start, "step_peak_mb": peak()}


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
    """Held-out theta and x, again and again: `DENSITIES` times as many pairs as data sets `n`."""
    places = np.arange(DENSITIES * n) % len(data["test_theta"])
    return data["test_theta"][places], data["test_x"][places]


def rate(share: float, warmup: float) -> float:
    """All systems' schedule: of the highest rate, after a share of all steps."""
    if share < warmup:
        return share / warmup
    return 0.5 * (1 + float(np.cos(np.pi * (share - warmup) / (1 - warmup))))

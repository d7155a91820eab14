"""Simulations a slice at a time: the memory they take does not grow with their number.

The first slice is drawn from the job's seed itself, and each other from a seed of its own. So what
a slice holds depends on its place alone, and few simulations are what `Simulator.draw` gives.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float

from ..provenance import seed_of
from ..rng import generator
from .base import Simulator

NUMBERS = 20_000_000  # of data in a slice, at most: 80 MB, and five times as much while drawn


class Slice(NamedTuple):
    """Some rows: parameters, data, and the data without the noise that is drawn last, if any."""

    theta: Float[torch.Tensor, "B D"]
    x: Float[torch.Tensor, " B *X"]
    clean: Float[torch.Tensor, " B *X"] | None = None


def training(simulator: Simulator, seed: int, n: int, trials: None = None) -> Iterator[Slice]:
    """`n` pairs to learn from, with all their trials."""
    for rng_seed, size in _places(simulator, seed, n):
        drawn = simulator.draw(generator(rng_seed), size)
        yield Slice(*drawn, simulator.draw_clean(generator(rng_seed), size))


def judged(simulator: Simulator, seed: int, n: int, trials: int | None) -> Iterator[Slice]:
    """`n` pairs that are held out, of the first `trials` trials where that is said."""
    for rng_seed, size in _places(simulator, seed, n):
        theta, x = simulator.draw(generator(rng_seed), size)
        yield Slice(theta, x if trials is None else x[:, :trials])


def observed(simulator: Simulator, seed: int, n: int, trials: int | None) -> Iterator[Slice]:
    """`n` pairs to be looked at one by one, in one slice; as `judged`."""
    theta, x = simulator.observations(generator(seed), n)
    yield Slice(theta, x if trials is None else x[:, :trials])


def _places(simulator: Simulator, seed: int, n: int) -> Iterator[tuple[int, int]]:
    """The seed and the number of rows of each slice."""
    rng = generator(0)
    one = simulator.simulate(rng, simulator.prior.sample(rng, 1))
    rows = max(1, NUMBERS // max(1, one[0].numel()))
    for index, first in enumerate(range(0, n, rows)):
        yield (seed_of(seed, "slice", index) if index else seed), min(rows, n - first)

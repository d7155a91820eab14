"""Medians of several runs, each timed by CPU seconds of one thread: shared machines are noisy."""

import statistics
import time
from collections.abc import Callable

import torch


def seconds(
    function: Callable[[], object],
    runs: int = 5,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """The median time of a call, by CPU seconds unless told, after one that does not count."""
    torch.set_num_threads(1)
    function()
    found = []
    for _ in range(runs):
        begun = clock()
        function()
        found.append(clock() - begun)
    return statistics.median(found)

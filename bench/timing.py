"""Medians of several runs, each timed by CPU seconds of one thread: shared machines are noisy."""

import statistics
import time
from collections.abc import Callable

import torch


def seconds(function: Callable[[], object], runs: int = 5) -> float:
    """The median CPU time of a call, after one that does not count."""
    torch.set_num_threads(1)
    function()
    found = []
    for _ in range(runs):
        begun = time.process_time()
        function()
        found.append(time.process_time() - begun)
    return statistics.median(found)

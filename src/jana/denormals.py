"""Numbers below 1e-38, which single precision has with fewer digits, and a CPU with much effort."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def flushing() -> Iterator[None]:
    """Within the block such numbers are 0.

    A CPU takes a hundred times as long for them. Where weights decay and their units are dead,
    weights and Adam's means become such: the later epochs of a published design took three times as
    long as the first.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)

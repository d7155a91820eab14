"""Random numbers: always from generators that are passed in, always drawn on the CPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Generator


def generator(seed: int) -> Generator:
    """A seeded CPU generator: on every device the numbers come from here, and are then moved."""
    return Generator().manual_seed(seed)


@contextmanager
def lent(rng: Generator) -> Iterator[None]:
    """Within the block the global generators of torch and NumPy are seeded from `rng`.

    For libraries that take no generator; afterwards the global ones are as they were.
    """
    seed, kept = int(torch.randint(2**31, (), generator=rng)), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(kept)

"""Random numbers: always from generators that are passed in, always drawn on the CPU."""

from torch import Generator


def generator(seed: int) -> Generator:
    """A seeded CPU generator: on every device the numbers come from here, and are then moved."""
    return Generator().manual_seed(seed)

import pytest
import torch

from jana.rng import generator


@pytest.fixture(autouse=True)
def one_thread():
    """As in the study: results do not depend on how many cores there are."""
    torch.set_num_threads(1)


@pytest.fixture
def rng() -> torch.Generator:
    """Fresh and seeded for each test."""
    return generator(0)

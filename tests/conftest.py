from datetime import date
from pathlib import Path

import pytest
import torch
from platformdirs import user_cache_dir

from jana.rng import generator


def pytest_configure(config):
    """ArviZ warns once a day, which two processes that import it at once trip over: not today."""
    if not hasattr(config, "workerinput"):
        folder = Path(user_cache_dir("arviz", "arviz"))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "daily_warning").write_text(date.today().isoformat())


def pytest_collection_modifyitems(items):
    """Whole pipelines first: where several processes test, none of these is left for the end."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")


@pytest.fixture(autouse=True)
def one_thread():
    """As in the study: results do not depend on how many cores there are."""
    torch.set_num_threads(1)


@pytest.fixture
def rng() -> torch.Generator:
    """Fresh and seeded for each test."""
    return generator(0)

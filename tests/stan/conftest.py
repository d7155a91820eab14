"""Compiled programs: each once per run, and kept between runs where JANA_STAN_CACHE says."""

import os
from pathlib import Path

import pytest

from jana.stan import toolchain


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    kept = os.environ.get("JANA_STAN_CACHE")
    return Path(kept) if kept else tmp_path_factory.mktemp("stan")


@pytest.fixture(scope="session")
def wheel():
    return toolchain.find("wheel")


@pytest.fixture(scope="session")
def compiled(cache, wheel):
    """The library of a program, by its name."""
    return lambda name: toolchain.shared_library(wheel, toolchain.PROGRAMS / f"{name}.stan", cache)

"""Observations and reference posteriors of the sbibm package, read from its files.

The package is installed for its files alone and never imported: what it imports itself is
outdated. Each of its tasks has ten observations, numbered from 1, the parameters that they came
from, and 10,000 posterior draws each.

Reference: Lueckmann et al. (2021), arXiv:2101.04653; sbibm 1.1.0, MIT licence.
"""

import bz2
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .base import Reference

OBSERVATIONS = range(1, 11)


def file(task: str, *parts: str) -> Path:
    """Where a file of one of sbibm's tasks lies.

    Raises:
        FileNotFoundError: If sbibm, or the file, is not there.
    """
    found = find_spec("sbibm")
    if found is None:
        raise FileNotFoundError(
            "reference posteriors need the package sbibm, which is not installed: install what "
            "envs/requirements.lock names"
        )
    path = Path(found.submodule_search_locations[0], "tasks", task, "files", *parts)
    if not path.exists():
        raise FileNotFoundError(f"sbibm 1.1.0 has a file {path}, but it is not there: install it")
    return path


@cache
def table(task: str, number: int, name: str) -> Float[Tensor, "R K"]:
    """A table of one observation: its rows, in double precision.

    Args:
        task: As sbibm calls it.
        number: Of the observation, 1 to 10.
        name: Of the file, such as observation.csv.
    """
    path = file(task, f"num_observation_{number}", name)
    text = path.read_bytes()
    lines = (bz2.decompress(text) if path.suffix == ".bz2" else text).decode().splitlines()
    return torch.from_numpy(np.loadtxt(lines, delimiter=",", skiprows=1, ndmin=2))


def observations(task: str, name: str = "observation.csv") -> Float[Tensor, "10 K"]:
    """The ten observations, a row each."""
    return torch.cat([table(task, number, name) for number in OBSERVATIONS]).float()


def true_parameters(task: str) -> Float[Tensor, "10 D"]:
    """What each observation was simulated from."""
    return torch.cat([table(task, n, "true_parameters.csv") for n in OBSERVATIONS]).float()


def posterior_draws(task: str) -> Float[Tensor, "10 L D"]:
    """The reference draws of each observation."""
    name = "reference_posterior_samples.csv.bz2"
    return torch.stack([table(task, number, name) for number in OBSERVATIONS]).float()


def reference(
    task: str, name: str = "observation.csv", shape: tuple[int, ...] = (-1,)
) -> Reference:
    """sbibm's reference posteriors of a task, read when they are asked for.

    Args:
        task: As sbibm calls it.
        name: Of the file of each observation.
        shape: Of one data set of the simulator.
    """
    return Reference(
        observed=lambda: observations(task, name).unflatten(1, shape),
        theta=lambda: true_parameters(task),
        draws=lambda: posterior_draws(task),
        source="sbibm 1.1.0",
    )

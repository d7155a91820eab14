"""A netCDF file's arrays as tensors."""

from collections.abc import Sequence
from pathlib import Path

import torch

from . import netcdf


def load(path: Path | str, *names: str, rows: int | None = None) -> tuple[torch.Tensor, ...]:
    """Some of a file's arrays: all their rows, or the first `rows`.

    Raises:
        ValueError: As `netcdf.load`, or if an array is not there.
    """
    dataset = netcdf.load(path)
    missing = sorted(set(names) - set(dataset.data_vars))
    if missing:
        raise ValueError(
            f"{path} lacks {', '.join(missing)} (it has {', '.join(dataset.data_vars)}): delete it "
            "and run snakemake again"
        )
    arrays = (torch.from_numpy(dataset[name].values) for name in names)
    return tuple(arrays) if rows is None else tuple(array[:rows] for array in arrays)


def load_all(path: Path | str | Sequence[str]) -> dict[str, torch.Tensor]:
    """All arrays of a file, by name; none where an empty list stands for no file."""
    found = netcdf.load(path).data_vars if path else {}
    return {name: torch.from_numpy(values.values) for name, values in found.items()}


def load_if_any(path: Path | str | Sequence[str], *names: str) -> tuple[torch.Tensor, ...] | None:
    """As `load`; None where an empty list stands for a file that there is none of."""
    return load(path, *names) if path else None

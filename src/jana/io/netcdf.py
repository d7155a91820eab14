"""Named arrays as netCDF, written atomically and checked when read."""

from pathlib import Path

import numpy as np
import torch
import xarray as xr
from numpy.typing import ArrayLike

from .atomic import atomically

Array = tuple[tuple[str, ...], ArrayLike | torch.Tensor]  # names of the axes, values


def save(
    path: Path | str, record: dict[str, str], coords: dict | None = None, **arrays: Array
) -> None:
    """Writes arrays under their keywords, each with the names of its axes.

    Args:
        path: Absent or whole, at any time.
        record: Attributes: provenance.
        coords: Labels along an axis, such as the parameters' names.
        arrays: `theta=(("dataset", "parameter"), values)`.
    """
    variables = {name: (axes, np.asarray(values)) for name, (axes, values) in arrays.items()}
    dataset = xr.Dataset(variables, coords=coords, attrs=record | {"complete": "yes"})
    with atomically(path) as part:
        dataset.to_netcdf(part, engine="netcdf4")


def load(path: Path | str) -> xr.Dataset:
    """Reads what `save` wrote, whole, into memory.

    Raises:
        ValueError: If the file is missing, damaged, not ours, or holds nothing but NaN.
    """
    try:
        with xr.open_dataset(path, engine="netcdf4") as file:
            dataset = file.load()
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"a netCDF file is needed at {path}, but it cannot be read ({error}): delete it and "
            "run snakemake again"
        ) from error
    if dataset.attrs.get("complete") != "yes":
        raise ValueError(
            f"{path} was not written by this project (no attribute complete = yes): delete it and "
            "run snakemake again"
        )
    for name, values in dataset.data_vars.items():
        if values.size and values.dtype.kind == "f" and bool(values.isnull().all()):
            raise ValueError(
                f"{name} in {path} holds nothing but NaN: delete the file and run snakemake again"
            )
    return dataset


def tensors(path: Path | str, *names: str) -> tuple[torch.Tensor, ...]:
    """Some of a file's arrays, as tensors.

    Raises:
        ValueError: As `load`, or if an array is not there.
    """
    dataset = load(path)
    missing = sorted(set(names) - set(dataset.data_vars))
    if missing:
        raise ValueError(
            f"{path} lacks {', '.join(missing)} (it has {', '.join(dataset.data_vars)}): delete it "
            "and run snakemake again"
        )
    return tuple(torch.from_numpy(dataset[name].values) for name in names)

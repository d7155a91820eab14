"""Named arrays as netCDF, written atomically and checked when read.

Without torch, whose import takes longer than most figures: see `tensors` for tensors.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from netCDF4 import Dataset, Variable
from numpy.typing import ArrayLike

from .atomic import atomically

Array = tuple[tuple[str, ...], ArrayLike]  # names of the axes, values


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


def save_rows(
    path: Path | str,
    record: dict[str, str],
    coords: dict,
    axes: dict[str, tuple[str, ...]],
    pieces: Iterator[Sequence[ArrayLike | None]],
    n: int,
) -> None:
    """Writes arrays piece by piece along their first axis: as `save`, in the memory of a piece.

    Args:
        path: Absent or whole, at any time.
        record: Attributes: provenance.
        coords: Labels along an axis.
        axes: By the name of each array, those of its axes; the first is the same for all.
        pieces: Rows of every array, in the order of `axes`; None of one that there is none of.
        n: How many rows they have together.

    Raises:
        ValueError: If they have not.
    """
    with atomically(path) as part, Dataset(part, "w") as file:
        for axis, labels in coords.items():
            file.createDimension(axis, len(labels))
            file.createVariable(axis, str, (axis,))[:] = np.array(labels, dtype=object)
        at = 0
        for piece in pieces:
            given = zip(axes.items(), piece, strict=True)
            rows = {key: np.asarray(values) for key, values in given if values is not None}
            for (name, names), values in rows.items():
                variable = _variable(file, name, names, (n, *values.shape[1:]), values.dtype)
                variable[at : at + len(values)] = values
            at += len(values)
        if at != n:
            raise ValueError(f"{path} is to have {n} rows, but the pieces have {at} together")
        file.setncatts(record | {"complete": "yes"})


def _variable(
    file: Dataset, name: str, axes: tuple[str, ...], shape: tuple[int, ...], dtype: np.dtype
) -> Variable:
    """The variable of that name, which the first piece makes."""
    if name not in file.variables:
        for axis, size in zip(axes, shape, strict=True):
            if axis not in file.dimensions:
                file.createDimension(axis, size)
        file.createVariable(name, dtype, axes)
    return file[name]


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


def load_if_any(path: Path | str | Sequence[str]) -> xr.Dataset | None:
    """As `load`; None where an empty list stands for a file that there is none of."""
    return load(path) if path else None

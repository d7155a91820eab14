"""netCDF files: what is saved is read, and what is damaged or foreign is refused."""

import numpy as np
import pytest
import torch
import xarray as xr

from jana.io import netcdf


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.nc"


def test_what_is_saved_is_read_with_axes_labels_and_record(path, rng):
    theta = torch.randn(4, 2, generator=rng)
    netcdf.save(
        path,
        {"seed": "1"},
        {"parameter": ["a", "b"]},
        theta=(("dataset", "parameter"), theta),
        seconds=((), torch.tensor(2.5)),
    )
    found = netcdf.load(path)
    assert found.theta.dims == ("dataset", "parameter") and found.attrs["seed"] == "1"
    assert found.parameter.values.tolist() == ["a", "b"]
    back, seconds = netcdf.tensors(path, "theta", "seconds")
    assert torch.equal(back, theta) and float(seconds) == 2.5


def test_a_missing_file_is_refused(path):
    with pytest.raises(ValueError, match=r"needed at .* cannot be read .* run snakemake again"):
        netcdf.load(path)


def test_a_truncated_file_is_refused(path):
    netcdf.save(path, {}, x=(("a",), np.arange(100_000.0)))
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="cannot be read"):
        netcdf.load(path)


def test_a_file_of_something_else_is_refused(path):
    path.write_text("not netCDF")
    with pytest.raises(ValueError, match="cannot be read"):
        netcdf.load(path)


def test_a_foreign_netcdf_is_refused(path):
    xr.Dataset({"x": ("a", [1.0])}).to_netcdf(path)
    with pytest.raises(ValueError, match="not written by this project"):
        netcdf.load(path)


def test_nothing_but_nan_is_refused(path):
    netcdf.save(path, {}, x=(("a",), np.full(5, np.nan)))
    with pytest.raises(ValueError, match=r"x in .* holds nothing but NaN"):
        netcdf.load(path)


def test_a_missing_array_is_named(path):
    netcdf.save(path, {}, x=(("a",), np.ones(5)))
    with pytest.raises(ValueError, match=r"lacks theta \(it has x\)"):
        netcdf.tensors(path, "theta", "x")

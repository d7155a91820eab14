"""netCDF files: what is saved is read, and what is damaged or foreign is refused."""

import re

import numpy as np
import pytest
import torch
import xarray as xr

from jana.io import netcdf, tensors

LOADERS = {
    "netcdf.load": netcdf.load,
    "netcdf.load_if_any": netcdf.load_if_any,
    "tensors.load": lambda path: tensors.load(path, "x"),
    "tensors.load_if_any": lambda path: tensors.load_if_any(path, "x"),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.nc"


def missing(path):
    """No file at all."""


def truncated(path):
    netcdf.save(path, {}, x=(("a",), np.arange(100_000.0)))
    path.write_bytes(path.read_bytes()[:-1000])


def empty(path):
    path.touch()


def text(path):
    path.write_text("not netCDF")


def foreign(path):
    xr.Dataset({"x": ("a", [1.0])}).to_netcdf(path)


def half_written(path):
    """By someone who says so."""
    xr.Dataset({"x": ("a", [1.0])}, attrs={"complete": "no"}).to_netcdf(path)


def only_nan(path):
    netcdf.save(path, {}, y=(("a",), np.ones(5)), x=(("a",), np.full(5, np.nan, np.float32)))


WRONG = {
    missing: "a netCDF file is needed at {} but it cannot be read",
    truncated: "a netCDF file is needed at {} but it cannot be read",
    empty: "a netCDF file is needed at {} but it cannot be read",
    text: "a netCDF file is needed at {} but it cannot be read",
    foreign: "{} was not written by this project",
    half_written: "{} was not written by this project",
    only_nan: "x in {} holds nothing but NaN",
}


@pytest.mark.parametrize("load", LOADERS.values(), ids=LOADERS)
@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_what_is_wrong_is_refused_with_the_path_and_what_to_do(make, load, path):
    make(path)
    what = re.escape(WRONG[make]).replace(r"\{\}", re.escape(str(path)) + ",?")
    with pytest.raises(ValueError, match=f"{what}.*: delete (it|the file) and run snakemake again"):
        load(path)


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
    np.testing.assert_array_equal(found.theta.values, theta.numpy())


def test_tensors_come_back_in_the_order_asked_for(path, rng):
    theta = torch.randn(4, 2, generator=rng)
    netcdf.save(path, {}, theta=(("a", "b"), theta), seconds=((), torch.tensor(2.5)))
    seconds, back = tensors.load(path, "seconds", "theta")
    assert torch.equal(back, theta) and back.dtype == theta.dtype and float(seconds) == 2.5
    (few,) = tensors.load(path, "theta", rows=3)
    assert torch.equal(few, theta[:3])


@pytest.mark.parametrize(
    "values", [[1.0, np.nan], [np.inf, np.inf], [0, 0], []], ids=["some NaN", "inf", "int", "none"]
)
def test_what_is_not_all_nan_is_read(values, path):
    netcdf.save(path, {}, x=(("a",), np.array(values)))
    np.testing.assert_array_equal(netcdf.load(path).x.values, values)


def test_a_missing_array_is_named_with_those_there_are(path):
    netcdf.save(path, {}, x=(("a",), np.ones(5)))
    for load in (tensors.load, tensors.load_if_any):
        with pytest.raises(
            ValueError, match=r"x\.nc lacks theta, z \(it has x\): delete it and run"
        ):
            load(path, "theta", "x", "z")


@pytest.mark.parametrize("nothing", [[], ()], ids=["list", "tuple"])
def test_no_file_stands_for_no_array(nothing):
    assert netcdf.load_if_any(nothing) is None and tensors.load_if_any(nothing, "x") is None


def test_a_file_that_may_be_is_read_where_it_is(path):
    netcdf.save(path, {}, x=(("a",), np.ones(5)))
    assert netcdf.load_if_any(path).x.shape == (5,)
    (x,) = tensors.load_if_any(str(path), "x")
    assert x.tolist() == [1.0] * 5


AXES = {"theta": ("dataset", "parameter"), "x": ("dataset", "trial"), "clean": ("dataset", "trial")}


def pieces(*sizes):
    """Of two arrays, with nothing of a third; float32, as simulations are."""
    for at, size in enumerate(sizes):
        theta = torch.full((size, 2), float(at))
        yield theta, torch.arange(3.0 * size).reshape(size, 3) + at, None


def test_rows_saved_piece_by_piece_are_what_is_saved_at_once(tmp_path):
    one, other = tmp_path / "one.nc", tmp_path / "other.nc"
    whole = [torch.cat(parts) for parts in list(zip(*pieces(4, 4, 1), strict=True))[:2]]
    coords, record = {"parameter": ["v (1/s)", "a"]}, {"seed": "5", "code": "abc"}
    netcdf.save_rows(one, record, coords, AXES, pieces(4, 4, 1), 9)
    netcdf.save(other, record, coords, theta=(AXES["theta"], whole[0]), x=(AXES["x"], whole[1]))
    found, expected = netcdf.load(one), netcdf.load(other)
    xr.testing.assert_identical(found, expected)
    assert found.x.dtype == np.float32
    assert torch.equal(tensors.load(one, "x")[0], whole[1])


@pytest.mark.parametrize("sizes", [(4, 4), (4,)], ids=str)
def test_fewer_rows_than_said_leave_no_file(tmp_path, sizes):
    path = tmp_path / "x.nc"
    with pytest.raises(ValueError, match=r"is to have 9 rows, but the pieces have"):
        netcdf.save_rows(path, {}, {"parameter": ["a", "b"]}, AXES, pieces(*sizes), 9)
    assert not list(tmp_path.iterdir())

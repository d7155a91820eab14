"""Reference fits as a user runs them."""

import json

import pandas as pd
import pytest

ROWS = "results/fits/gaussian_iid/stan/rows.csv"
OVERLAY = """
scale: fits
benchmarks: {{tasks: [gaussian_iid], designs: [tuned]}}
stan:
  {{toolchain: wheel, tasks: [gaussian_iid], datasets: 3, chunk: {chunk}, warmup: 500, draws: 500}}
"""


def fitted(tree, chunk):
    (tree.path / "fits.yaml").write_text(OVERLAY.format(chunk=chunk))
    done = tree.snakemake(ROWS, "--configfile", "config.smoke.yaml", "fits.yaml")
    assert done.returncode == 0, done.stdout
    return pd.read_csv(tree.path / ROWS)


@pytest.mark.heavy
def test_reference_fits_are_right_resumed_and_the_same_in_any_chunks(tree):
    table = fitted(tree, 2)
    assert (table[table.metric == "fit_ok"].value == 1).all()
    errors = table[table.metric == "lml_error"]
    assert len(errors) == 3 and (errors.value.abs() < 5 * errors.error).all()
    assert (errors.error < 0.02).all()
    about = json.loads((tree.path / ROWS).with_name("toolchain.json").read_text())
    assert about["toolchain"].startswith("wheel, stanc3 v2.")
    log = tree.path / "results/fits/logs/gaussian_iid/stan/library.log"
    assert "toolchain: wheel, stanc3" in log.read_text()

    shards = tree.path / "results/fits/checkpoints/gaussian_iid/stan"
    kept = {path.name: path.stat().st_mtime_ns for path in shards.glob("*.nc")}
    assert sorted(kept) == ["0.nc", "1.nc", "2.nc"]
    (shards / "1.nc").unlink()
    again = fitted(tree, 1)
    pd.testing.assert_frame_equal(again, table)
    after = {path.name: path.stat().st_mtime_ns for path in shards.glob("*.nc")}
    assert after["0.nc"] == kept["0.nc"] and after["2.nc"] == kept["2.nc"]
    assert after["1.nc"] != kept["1.nc"]


@pytest.mark.heavy
def test_without_a_compiler_the_error_says_what_to_install(tree, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    (tree.path / "fits.yaml").write_text(OVERLAY.format(chunk=3))
    done = tree.snakemake(ROWS, "--configfile", "config.smoke.yaml", "fits.yaml")
    assert done.returncode != 0
    assert "none of no-such-compiler was found: install g++" in done.stdout
    assert not (tree.path / ROWS).with_name("model.so").exists()

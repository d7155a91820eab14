"""Atomic writing: absent or whole, whatever happens."""

import os
import signal
import subprocess
import sys
import time

import pytest

from jana.io.atomic import atomically

WRITER = """
import sys, numpy as np
from jana.io import netcdf
print("ready", flush=True)
for index in range(1000):
    values = np.random.default_rng(index).normal(size=(300, 2000))
    netcdf.save(sys.argv[1], {"index": str(index)}, x=(("a", "b"), values))
"""


def test_the_file_is_there_when_the_block_has_ended(tmp_path):
    path = tmp_path / "deep" / "file"
    with atomically(path) as part:
        part.write_text("all")
        assert not path.exists()
        written = part.stat().st_ino
    assert path.read_text() == "all" and os.listdir(path.parent) == ["file"]
    assert path.stat().st_ino == written  # renamed: never opened under its own name


def test_a_block_that_fails_leaves_what_was_there_and_no_litter(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomically(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("after", [0.0, 0.02, 0.07, 0.15, 0.4])
def test_kill_9_during_a_netcdf_write_leaves_the_target_absent_or_whole(tmp_path, after):
    """A process that rewrites a 5 MB file without pause is killed at some moment."""
    from jana.io import netcdf

    path = tmp_path / "x.nc"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
    if path.exists():
        found = netcdf.load(path)
        assert found.x.shape == (300, 2000) and not found.x.isnull().any()

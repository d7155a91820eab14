"""Checkpoints: plain tensors, resumed only if they are of the same job."""

import subprocess
import sys

import pytest
import torch

from jana.io import checkpoints
from jana.provenance import record

SECOND = """
import sys
from jana.io import checkpoints
print("waiting", flush=True)
with checkpoints.locked(sys.argv[1]):
    print("in", flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.pt"


def test_a_state_comes_back(path):
    state = {"weight": torch.arange(3.0), "epoch": 4, "history": [{"loss": torch.ones(2)}]}
    checkpoints.save(path, state, {"git": "abc"}, "same")
    found = checkpoints.load(path)
    assert torch.equal(found["weight"], state["weight"]) and found["epoch"] == 4
    assert torch.equal(found["history"][0]["loss"], torch.ones(2))
    assert checkpoints.resumable(path, "same")["epoch"] == 4


def test_another_identity_starts_anew_and_says_so(path, capsys):
    checkpoints.save(path, {"epoch": 4}, {}, "old settings")
    assert checkpoints.resumable(path, "new settings") is None
    assert "other settings, data or code: starting anew" in capsys.readouterr().out


def test_no_checkpoint_is_none(path):
    assert checkpoints.resumable(path, "any") is None


def test_the_identity_is_of_settings_and_data():
    data = torch.zeros(3)
    same = checkpoints.identity({"rate": 0.1}, data)
    assert same == checkpoints.identity({"rate": 0.1}, data.clone())
    assert same != checkpoints.identity({"rate": 0.2}, data)
    assert same != checkpoints.identity({"rate": 0.1}, data + 1)


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04 half a zip"])
def test_a_damaged_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint is needed at .* cannot be read"):
        checkpoints.load(path)


def test_code_in_a_file_is_never_run(path):
    class Bomb:
        def __reduce__(self):
            return print, ("boom",)

    torch.save({"state": Bomb()}, path)
    with pytest.raises(ValueError, match="cannot be read"):
        checkpoints.load(path)


def test_a_second_process_waits_for_the_first(tmp_path):
    with checkpoints.locked(tmp_path):
        command = [sys.executable, "-c", SECOND, str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "waiting\n"
        assert "another copy of this job" in process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
    assert process.communicate(timeout=20)[0] == "in\n"


def test_litter_of_a_killed_writer_is_swept(tmp_path):
    (tmp_path / ".last.pt.x.part").write_text("half")
    with checkpoints.locked(tmp_path) as folder:
        assert not list(folder.glob(".*.part"))


def test_weights_trained_under_other_settings_are_refused_where_settings_are_given(tmp_path):
    """Shapes alone would not tell: an activation, a bound."""
    path, design = tmp_path / "model.pt", {"activation": "silu", "hidden": [8]}
    details = record(params={"design": design})
    checkpoints.save(path, {"w": torch.zeros(2)}, details, "id")
    assert checkpoints.load(path, design)["w"].shape == (2,)
    with pytest.raises(ValueError, match="trained under, but those given are others"):
        checkpoints.load(path, design | {"activation": "tanh"})

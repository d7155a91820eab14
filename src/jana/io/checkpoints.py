"""Weights and training states: plain tensors with settings and fingerprint, never pickled code."""

import fcntl
import json
import pickle
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import torch

from ..provenance import digest
from .atomic import atomically


def save(path: Path | str, state: dict, record: dict[str, str], identity: str) -> None:
    """Writes a state (tensors, numbers, strings, lists, dictionaries) atomically.

    Args:
        path: Absent or whole, at any time.
        state: What to store.
        record: Provenance.
        identity: A hash of all that the state depends on; asked for again when it is read.
    """
    with atomically(path) as part:
        torch.save({"identity": identity, "record": record, "state": state}, part)


def load(path: Path | str, design: dict | None = None) -> dict:
    """A state that `save` wrote.

    Args:
        path: Where it lies.
        design: The settings that it must have been trained under, if asked.

    Raises:
        ValueError: If the file cannot be read, is not ours, or of other settings.
    """
    content = _read(path)
    if design is not None:
        trained = json.loads(content["record"].get("params", "{}")).get("design")
        if trained != json.loads(json.dumps(design)):
            raise ValueError(
                f"the weights in {path} need the settings that they were trained under, but those "
                "given are others: give the same, or run snakemake again"
            )
    return content["state"]


def details(path: Path | str) -> dict[str, str]:
    """The provenance of a state that `save` wrote.

    Raises:
        ValueError: If the file cannot be read, or is not ours.
    """
    return _read(path)["record"]


def resumable(path: Path | str, identity: str) -> dict | None:
    """The state to go on from, or None where there is none of the same settings, data and code."""
    if not Path(path).exists():
        return None
    content = _read(path)
    if content["identity"] == identity:
        return content["state"]
    print(f"{path} is of other settings, data or code: starting anew", flush=True)
    return None


def _read(path: Path | str) -> dict:
    try:
        if not zipfile.is_zipfile(path):
            raise OSError("no such file, or not an archive of tensors")
        content = torch.load(path, map_location="cpu", weights_only=True)
        if not {"identity", "record", "state"} <= set(content):
            raise OSError("an archive of something else")
    except (OSError, RuntimeError, pickle.UnpicklingError, TypeError) as error:
        raise ValueError(
            f"a checkpoint is needed at {path}, but it cannot be read ({error}): delete it and run "
            "snakemake again"
        ) from error
    return content


def forget(path: Path | str) -> None:
    """Removes the checkpoint of a run that has ended."""
    Path(path).unlink(missing_ok=True)


def identity(settings: dict, *data: torch.Tensor) -> str:
    """A hash of plain settings and of the numbers in the data."""
    found = sha256(digest(settings).encode())
    for part in data:
        found.update(part.contiguous().view(-1).numpy())  # not a copy: there may be gigabytes
    return found.hexdigest()[:12]


@contextmanager
def locked(folder: Path | str) -> Iterator[Path]:
    """The folder, held by this process alone: a second copy of a job waits for the first."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another copy of this job holds {place}: waiting for it to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for litter in place.glob(".*.part"):  # of a copy that was killed while it wrote
            litter.unlink()
        yield place

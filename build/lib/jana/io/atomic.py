"""Files that are absent or whole, whatever happens to the process that writes them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomically(path: Path | str) -> Iterator[Path]:
    """A temporary name in the same folder, renamed to `path` once the block has ended well.

    What was written is forced to the disk before it is renamed; if the block fails, it is
    removed, and what stood at `path` stays.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{final.name}.", suffix=".part", dir=final.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        _force(part)
        part.chmod(0o644)
        part.replace(final)
        _force(final.parent)
    finally:
        part.unlink(missing_ok=True)


def _force(path: Path) -> None:
    """To the disk: a file's content, or a folder's names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

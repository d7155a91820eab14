"""Pictures as files."""

from pathlib import Path

from .atomic import atomically


def save(path: Path | str, content: bytes) -> None:
    """Writes a picture atomically."""
    with atomically(path) as part:
        part.write_bytes(content)

"""Which code, settings and seed a result came from.

The Snakefile imports this module to plan, so it may import the standard library only.
"""

import ast
import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SOURCE = Path(__file__).parents[1]
RECORDED = (
    "jana",
    "numba",
    "numpy",
    "scipy",
    "torch",
    "xarray",
    "netCDF4",
    "arviz-stats",
    "snakemake",
    "nutpie",
    "bridgestan",
    "httpstan",
    "cmdstanpy",
    "sbi",
)


def seed_of(*name: object) -> int:
    """A seed that depends on `name` alone: adding a job moves no other job's numbers.

    32 bits, as many as torch's CPU generator is seeded by.
    """
    return int.from_bytes(sha256(repr(name).encode()).digest()[:4], "big")


def digest(value: object) -> str:
    """A short hash of plain values (numbers, strings, lists, dictionaries)."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def fingerprint(script: Path, *also: str) -> str:
    """A short hash of `script` and of all that it imports from this package.

    Comments, docstrings and layout do not count, so that a better docstring re-runs
    nothing. `also` names modules that the script loads by name, such as one simulator.
    """
    todo = [script, *(file for name in also for file in _files(name))]
    seen: dict[Path, str] = {}
    names: set[str] = set()
    while todo:
        path = todo.pop()
        if path not in seen:
            seen[path], imported = _read(path, path.read_text(encoding="utf-8"))
            todo += [file for name in imported - names for file in _files(name)]
            names |= imported
    # By place within the package or the script's folder, so that a clone elsewhere agrees.
    parts = sorted((_place(path, script), text) for path, text in seen.items())
    return digest(parts)


def record(**details: object) -> dict[str, str]:
    """What every file carries: `details` of the job (settings, seed, code), versions, git, device.

    Values are strings (JSON where they are not text), as netCDF attributes can hold.
    """
    found = {
        "git": git(),
        "versions": dict(_versions()),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return {
        key: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        for key, value in (found | details).items()
    }


def git() -> str:
    """`git describe` of the source: from JANA_GIT where the workflow has set it."""
    if "JANA_GIT" not in os.environ:
        command = ["git", "describe", "--always", "--dirty", "--tags"]
        try:
            run = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=10)
            os.environ["JANA_GIT"] = run.stdout.strip() or "unknown"
        except (OSError, subprocess.TimeoutExpired):  # no git here: an archive, not a clone
            os.environ["JANA_GIT"] = "unknown"
    return os.environ["JANA_GIT"]


def _versions() -> Iterator[tuple[str, str]]:
    """Of what is installed: a machine that trains only needs less."""
    for name in RECORDED:
        with suppress(PackageNotFoundError):
            yield name, version(name)


@cache
def _read(path: Path, text: str) -> tuple[str, frozenset[str]]:
    """What counts of a file, and what it may import: once, as hundreds of jobs ask for the same."""
    tree = ast.parse(text)
    imported = frozenset(_imported(tree, path))
    return _told(_bare(tree)), imported


def _told(node: object) -> str:
    """A syntax tree in words, the same by every version of Python.

    As `ast.dump`, but for fields that are empty: versions differ in which of these there are.
    """
    if isinstance(node, list):
        return f"[{', '.join(_told(part) for part in node)}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((key, value) for key, value in ast.iter_fields(node) if value not in (None, []))
    return f"{type(node).__name__}({', '.join(f'{key}={_told(value)}' for key, value in fields)})"


def _imported(tree: ast.AST, path: Path) -> Iterator[str]:
    """Every dotted name that could be a module which `path` imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = path.relative_to(SOURCE).parts[: -node.level] if node.level else ()
            base = ".".join([*home, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _files(name: str) -> Iterator[Path]:
    """The files that importing `name` runs, parents first; none if it is not ours."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        place = SOURCE.joinpath(*parts[:end])
        yield from (f for f in (place / "__init__.py", place.with_suffix(".py")) if f.exists())


def _place(path: Path, script: Path) -> str:
    return str(path.relative_to(SOURCE)) if path.is_relative_to(SOURCE) else script.name


def _bare(tree: ast.Module) -> ast.Module:
    """The tree without its docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:]
    return tree

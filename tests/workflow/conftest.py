"""Snakemake, run in private copies of the tree."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from jana import simulators
from jana.rng import generator

ROOT = Path(__file__).parents[2]
EPIDEMIC = simulators.get("epidemic_corrected")
TREE = (
    "Snakefile",
    "workflow",
    "src",
    "profiles",
    "bench",
    *(p.name for p in ROOT.glob("config*.yaml")),
)


class Tree:
    """A copy of what Snakemake needs, so that no test sees another's results or locks."""

    def __init__(self, path):
        self.path = path
        for name in TREE:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, path / name)

    def environment(self, source=None):
        """The copy's package comes first: what a test edits there is what runs."""
        kept = {key: value for key, value in os.environ.items() if key != "JANA_GIT"}
        return kept | {"PYTHONPATH": str(source or self.path / "src")}

    def command(self, *arguments):
        return [sys.executable, "-m", "snakemake", *map(str, arguments)]

    def snakemake(self, *arguments, source=None):
        """Both outputs of a finished run, and its return code."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            env=self.environment(source),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=2400,
        )

    def planned(self, forks, *arguments):
        """As `snakemake -n ...` would end, but sooner."""
        log = self.path / "planned.log"
        asked = json.dumps([str(self.path), str(log), ["-n", *map(str, arguments)]])
        forks.stdin.write(asked + "\n")
        forks.stdin.flush()
        answer = forks.stdout.readline()
        assert answer, "tests/workflow/forks.py has ended: run it by itself to see why"
        return subprocess.CompletedProcess(arguments, int(answer), log.read_text())

    def edit(self, name, old, new):
        path = self.path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


def observed(folder, days):
    """A user's own series, which the simulator made, and the configuration that names it."""
    theta = EPIDEMIC.prior.sample(generator(4), 1)
    counts = EPIDEMIC.longer(days - 81)(generator(5), theta)[0] * EPIDEMIC.x_unit
    lines = ["date,infected,recovered,dead"]
    for day, row in enumerate(counts.round().int().tolist()):
        lines.append(f"{date(2020, 3, 1) + timedelta(day)},{row[0]},{row[1]},{row[2]}")
    (folder / "own.csv").write_text("\n".join(lines) + "\n")
    (folder / "own.yaml").write_text("epidemic: {observed: {mine: {file: own.csv, kind: daily}}}\n")


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture(scope="session")
def forks():
    """A process that makes plans; see `Tree.planned`."""
    kept = {
        key: value for key, value in os.environ.items() if key not in ("JANA_GIT", "PYTHONPATH")
    }
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("forks.py")],
        env=kept,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture(scope="session")
def paper(tmp_path_factory):
    """The plan at paper scale on a GPU, of thousands of jobs: made once."""
    profile = ("--workflow-profile", "profiles/gpu")
    tree = Tree(tmp_path_factory.mktemp("paper"))
    return tree.snakemake("-n", *profile, "--configfile", "config.paper.yaml")


@pytest.fixture(scope="session")
def kernels(tmp_path_factory):
    """Copies of the tree that train need not compile the same anew, if this has run before."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with FileLock(base / "kernels.lock"):
        if not (base / "kernels").exists():
            program = [sys.executable, Path(__file__).parents[1] / "kernels.py"]
            subprocess.run(program, cwd=ROOT, check=True)
            (base / "kernels").touch()


@pytest.fixture(scope="session")
def smoke(tmp_path_factory, kernels):
    """A tree in which the smoke pipeline has run, once for all tests that only look."""
    tree = Tree(tmp_path_factory.mktemp("smoke"))
    observed(tree.path, 90)
    done = tree.snakemake("--cores", 2, "--configfile", "config.smoke.yaml", "own.yaml")
    assert done.returncode == 0, done.stdout
    return tree


@pytest.fixture
def copy(smoke, tmp_path):
    """The tree of the smoke run with its results, to be edited."""
    found = object.__new__(Tree)
    found.path = tmp_path / "copy"
    shutil.copytree(smoke.path, found.path)
    return found

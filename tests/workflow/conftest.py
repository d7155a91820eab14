"""Snakemake, run in private copies of the tree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TREE = ("Snakefile", "workflow", "src", "profiles", *(p.name for p in ROOT.glob("config*.yaml")))


class Tree:
    """A copy of what Snakemake needs, so that no test sees another's results or locks."""

    def __init__(self, path):
        self.path = path
        for name in TREE:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, path / name)

    @property
    def environment(self):
        """The copy's package comes first: what a test edits there is what runs."""
        kept = {key: value for key, value in os.environ.items() if key != "JANA_GIT"}
        return kept | {"PYTHONPATH": str(self.path / "src"), "OMP_NUM_THREADS": "1"}

    def command(self, *arguments):
        return [sys.executable, "-m", "snakemake", *map(str, arguments)]

    def snakemake(self, *arguments):
        """Both outputs of a finished run, and its return code."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )

    def edit(self, name, old, new):
        path = self.path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """A tree in which the smoke pipeline has run, once for all tests that only look."""
    tree = Tree(tmp_path_factory.mktemp("smoke"))
    done = tree.snakemake("--cores", 2, "--configfile", "config.smoke.yaml")
    assert done.returncode == 0, done.stdout
    return tree

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

    def edit(self, name, old, new):
        path = self.path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture(scope="session")
def paper(tmp_path_factory):
    """The plan at paper scale on a GPU, of thousands of jobs: made once."""
    profile = ("--workflow-profile", "profiles/gpu")
    tree = Tree(tmp_path_factory.mktemp("paper"))
    return tree.snakemake("-n", *profile, "--configfile", "config.paper.yaml")


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """A tree in which the smoke pipeline has run, once for all tests that only look."""
    tree = Tree(tmp_path_factory.mktemp("smoke"))
    done = tree.snakemake("--cores", 2, "--configfile", "config.smoke.yaml")
    assert done.returncode == 0, done.stdout
    return tree


@pytest.fixture
def copy(smoke, tmp_path):
    """The tree of the smoke run with its results, to be edited."""
    found = object.__new__(Tree)
    found.path = tmp_path / "copy"
    shutil.copytree(smoke.path, found.path)
    return found

"""House rules that a tool can hold: layers, formatting, the lock, thin scripts."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from jana import provenance

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
LOCKS = [ROOT / "envs" / name for name in ("requirements.lock", "test.lock", "bench.lock")]


def run(*command):
    return subprocess.run([str(c) for c in command], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    "command",
    [
        ("lint-imports",),
        ("ruff", "check", "src", "tests", "workflow", "bench"),
        ("ruff", "format", "--check", "src", "tests", "workflow", "bench"),
        ("snakefmt", "--check", "Snakefile", "workflow"),
    ],
    ids=" ".join,
)
def test_the_tool_has_nothing_to_say(command):
    done = run(BIN / command[0], *command[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_snakemakes_lint_asks_for_environments_only():
    done = run(BIN / "snakemake", "--lint")
    remarks = re.findall(r"^    \* (.*?):?$", done.stdout + done.stderr, re.M)
    assert remarks and set(remarks) == {"Specify a conda environment or container for each rule."}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_the_lock_pins_public_versions_and_neither_torch_nor_cuda(lock):
    lines = lock.read_text().splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9A-Za-z.]+(\.post\d+)?", line), line
        assert not re.match(r"torch|triton|nvidia|cuda|jana", line), line


def test_no_package_is_locked_twice():
    names = [line.split("==")[0] for lock in LOCKS for line in lock.read_text().splitlines()]
    assert len(names) == len(set(names))


def test_torch_is_pinned_alike_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (torch,) = [name for name in project["dependencies"] if name.startswith("torch")]
    assert f"TORCH := {torch}\n" in (ROOT / "Makefile").read_text()
    assert f"- {torch}\n" in (ROOT / "envs" / "main.yaml").read_text()


@pytest.mark.parametrize("script", sorted((ROOT / "workflow" / "scripts").glob("*.py")), ids=str)
def test_a_script_reads_calls_and_writes(script):
    text = script.read_text()
    assert "\ndef " not in text and "\nif " not in text and "\nclass " not in text
    assert len(text.splitlines()) <= 34


@pytest.mark.parametrize(
    "name",
    [
        "simulate",
        "exact_draws",
        "exact_densities",
        "benchmarks_table",
        "diffusion_table",
        "comparison_exact",
        "comparison_table",
        "judge_compared",
        "diagnose_c2st_floor",
    ],
)
def test_what_only_simulates_or_counts_depends_on_no_network(name):
    """So that a changed flow or training re-runs none of it."""
    todo, seen = [ROOT / "workflow" / "scripts" / f"{name}.py"], set()
    while todo:
        path = todo.pop()
        imported = provenance._imported(ast.parse(path.read_text()), path)
        new = {file for module in imported for file in provenance._files(module)} - seen
        seen |= new
        todo += new
    assert not {path.parent.name for path in seen} & {"flows", "networks", "training", "inference"}


def test_the_readme_is_finished():
    assert not re.search(r"@[A-Z]+@|TODO|TBD", (ROOT / "README.md").read_text())


def test_every_script_belongs_to_a_rule():
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    for script in (ROOT / "workflow" / "scripts").glob("*.py"):
        assert f'"../scripts/{script.name}"' in rules and f'"{script.name}"' in rules

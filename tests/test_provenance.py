"""Seeds by name, and fingerprints: what re-runs a job and what does not."""

import ast
import re
import subprocess
import sys

import pytest

from jana import provenance
from jana.provenance import digest, fingerprint, record, seed_of


def test_a_seed_depends_on_its_name_alone():
    assert seed_of(1, "simulate", "two_moons") == seed_of(1, "simulate", "two_moons")
    names = [(1, "a"), (2, "a"), (1, "b"), (1, "a", 0), ("1", "a")]
    assert len({seed_of(*name) for name in names}) == len(names)
    assert 0 <= seed_of("x") < 2**32


def test_planning_imports_only_the_standard_library():
    heavy = "{'torch', 'numpy', 'xarray'}"
    code = f"import sys, jana.provenance; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two modules and a script that imports one of them."""
    home = tmp_path / "src" / "toy"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text('"""Toy."""\n')
    (home / "used.py").write_text('"""Used."""\nfrom .deep import X\n\nY = X + 1\n')
    (home / "deep.py").write_text('"""Deep."""\n\nX = 1  # one\n')
    (home / "unused.py").write_text("Z = 1\n")
    script = tmp_path / "script.py"
    script.write_text("from toy import used\n\nprint(used.Y)\n")
    monkeypatch.setattr(provenance, "SOURCE", tmp_path / "src")
    return home, script


def edited(path, old, new):
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("deep.py", "X = 1", "X = 2"),
        ("used.py", "X + 1", "X + 2"),
        ("__init__.py", "\n", "\nA = 1\n"),
    ],
)
def test_what_the_script_imports_counts_however_deep(package, name, old, new):
    home, script = package
    before = fingerprint(script)
    edited(home / name, old, new)
    assert fingerprint(script) != before


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("deep.py", "# one", "# uno"),
        ("deep.py", "Deep.", "Deeper."),
        ("used.py", "X + 1", "(X   + 1)"),
        ("unused.py", "Z = 1", "Z = 2"),
    ],
)
def test_comments_docstrings_layout_and_other_modules_do_not(package, name, old, new):
    home, script = package
    before = fingerprint(script)
    edited(home / name, old, new)
    assert fingerprint(script) == before


def test_a_module_loaded_by_name_counts_if_it_is_named(package):
    home, script = package
    before = fingerprint(script, "toy.unused")
    assert before != fingerprint(script)
    edited(home / "unused.py", "Z = 1", "Z = 2")
    assert fingerprint(script, "toy.unused") != before


def test_the_script_itself_counts(package):
    _, script = package
    before = fingerprint(script)
    edited(script, "used.Y", "used.Y + 1")
    assert fingerprint(script) != before


def test_a_tree_elsewhere_has_the_same_fingerprint(package, tmp_path, monkeypatch):
    home, script = package
    before = fingerprint(script)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    home.parent.rename(moved / "src")
    script = script.rename(moved / "script.py")
    monkeypatch.setattr(provenance, "SOURCE", moved / "src")
    assert fingerprint(script) == before


def test_a_simulators_fingerprint_is_its_own():
    """What a job on one task depends on does not hold another task's file."""
    script = provenance.SOURCE.parent / "workflow" / "scripts" / "simulate.py"
    names = ("jana.simulators.two_moons", "jana.simulators.gaussian_linear")
    assert fingerprint(script, names[0]) != fingerprint(script, names[1])
    tree = ast.parse(script.read_text())
    found = {name for name in provenance._imported(tree, script)}
    assert not any(re.search("two_moons|gaussian", name) for name in found)


def test_the_record_is_text_and_holds_details_versions_and_git():
    found = record(seed=3, params={"a": [1, 2]})
    assert all(isinstance(value, str) for value in found.values())
    assert found["seed"] == "3" and found["params"] == '{"a": [1, 2]}'
    assert '"torch"' in found["versions"] and found["git"]


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})


def test_a_fingerprint_is_the_same_by_every_version_of_python(package):
    """Later ones know of fields that earlier ones have not: type parameters, for one."""
    home, script = package
    (home / "deep.py").write_text(
        "def f(a, *, b=None):\n    return f'{a!r:>{b}}' or [b]\n\nX = 1\n"
    )
    assert fingerprint(script) == "75cfee96110a"

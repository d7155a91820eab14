"""Which toolchain is taken, and that what fails is shown whole."""

import numpy as np
import pytest

from jana.stan import commands, toolchain
from jana.stan.commands import ToolchainError
from jana.stan.model import Model


@pytest.fixture
def no_cmdstan(monkeypatch, tmp_path):
    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_auto_takes_the_wheel_where_there_is_no_cmdstan(no_cmdstan):
    found = toolchain.find("auto")
    assert found.name == "wheel" and found.describe().startswith("wheel, stanc3 v2.")


def test_auto_takes_an_installed_cmdstan(no_cmdstan, tmp_path):
    home = tmp_path / ".cmdstan" / "cmdstan-2.36.0"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "stanc").symlink_to(toolchain.find("wheel").stanc)
    (tmp_path / ".cmdstan" / "cmdstan-2.9.0").mkdir()  # an older one, though its name sorts last
    assert toolchain.cmdstan_home() == home
    math = home / "stan" / "lib" / "stan_math" / "lib"
    with pytest.raises(ToolchainError, match=r"that has been built has src, but .* has not: run"):
        toolchain.find("auto")
    for folder in ("eigen_3", "boost_1", "sundials_6/include", "sundials_6/src/sundials"):
        (math / folder).mkdir(parents=True)
    for folder in (
        "src",
        "stan/src",
        "stan/lib/rapidjson_1",
        "stan/lib/stan_math/lib/tbb_2/include",
    ):
        (home / folder).mkdir(parents=True)
    (math / "sundials_6" / "lib").mkdir()
    for part in ("cvodes", "idas", "kinsol", "nvecserial"):
        (math / "sundials_6" / "lib" / f"libsundials_{part}.a").touch()
    with pytest.raises(ToolchainError, match=r"has stan/lib/stan_math/lib/tbb/libtbb.so\*, but"):
        toolchain.find("auto")
    (math / "tbb").mkdir()
    (math / "tbb" / "libtbb.so.2").touch()
    found = toolchain.find("auto")
    assert found.name == "cmdstan" and found.describe().startswith("cmdstan, stanc3 v2.")
    assert [path.name for path in found.libraries][-1] == "libtbb.so.2"


def test_cmdstan_that_is_not_there_is_said(no_cmdstan):
    with pytest.raises(ToolchainError, match="there is none at CMDSTAN"):
        toolchain.find("cmdstan")


def test_a_folder_that_is_no_cmdstan_is_said(no_cmdstan, monkeypatch, tmp_path):
    monkeypatch.setenv("CMDSTAN", str(tmp_path))
    with pytest.raises(ToolchainError, match="has no bin/stanc"):
        toolchain.find("auto")


def test_an_unknown_toolchain_is_said():
    with pytest.raises(ToolchainError, match="one of auto, cmdstan, wheel, not 'stan'"):
        toolchain.find("stan")


def test_a_missing_compiler_is_said(wheel, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(ToolchainError, match=r"none of g\+\+, clang\+\+, c\+\+ was found: install"):
        toolchain.shared_library(wheel, toolchain.PROGRAMS / "two_moons.stan", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_broken_program_shows_the_whole_command_and_what_it_said(wheel, tmp_path):
    program = tmp_path / "broken.stan"
    program.write_text("parameters { real x; }\nmodel { target += normal_lpdf(y | 0, 1); }\n")
    with pytest.raises(ToolchainError) as caught:
        toolchain.shared_library(wheel, program, tmp_path / "cache")
    message = str(caught.value)
    assert "compiling the Stan program broken.stan failed (exit code 1)" in message
    assert f"{wheel.stanc} --name=broken_model" in message and str(program) in message
    assert "Identifier 'y' not in scope" in message
    assert not list((tmp_path / "cache").iterdir())


def test_a_compiler_that_fails_shows_the_whole_command_and_what_it_said(
    wheel, monkeypatch, tmp_path
):
    fake = tmp_path / "fake++"
    fake.write_text('#!/bin/sh\n[ "$1" = --version ] && exit 0\necho out of memory >&2\nexit 4\n')
    fake.chmod(0o755)
    monkeypatch.setenv("CXX", str(fake))
    with pytest.raises(ToolchainError) as caught:
        toolchain.shared_library(wheel, toolchain.PROGRAMS / "two_moons.stan", tmp_path / "cache")
    message = str(caught.value)
    assert "failed (exit code 4)" in message and "out of memory" in message
    assert f"{fake} -std=c++17 -O3" in message and "-isystem" in message
    assert not list((tmp_path / "cache").iterdir())


def test_a_command_that_cannot_be_started_is_said():
    with pytest.raises(ToolchainError, match="no-such-command --help"):
        commands.run(["no-such-command", "--help"], "asking for help")


def test_a_library_is_compiled_once_and_again_where_its_program_changes(
    wheel, monkeypatch, tmp_path
):
    """By a compiler that only copies: what is asked for is counted."""
    fake, calls = tmp_path / "fake++", tmp_path / "calls"
    fake.write_text(
        f'#!/bin/sh\necho "$@" >> {calls}\nwhile [ $# -gt 1 ]; do shift; done\n'
        '[ "$1" = --version ] || : > "$1"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("CXX", f"{fake} -march=native")
    program = tmp_path / "small.stan"
    program.write_text("parameters { real x; } model { target += normal_lpdf(x | 0, 1); }\n")
    one = toolchain.shared_library(wheel, program, tmp_path / "cache")
    before = len([line for line in calls.read_text().splitlines() if "--version" not in line])
    assert toolchain.shared_library(wheel, program, tmp_path / "cache") == one
    after = [line for line in calls.read_text().splitlines() if "--version" not in line]
    assert before == len(after) == 3  # interface, model, link
    program.write_text("parameters { real x; } model { target += normal_lpdf(x | 0, 2); }\n")
    assert toolchain.shared_library(wheel, program, tmp_path / "cache") != one
    again = [line for line in calls.read_text().splitlines() if "--version" not in line]
    assert len(again) == 5  # the interface is kept
    assert all(line.startswith("-march=native") for line in again)
    assert not list((tmp_path / "cache").glob("making-*"))


def test_data_of_the_wrong_shape_are_said(compiled):
    with pytest.raises(ValueError, match=r"gaussian_iid.*dims declared=\(20\).*x \(5,\)"):
        Model(compiled("gaussian_iid"), {"T": 20, "x": np.zeros(5)})


def test_missing_data_are_said(compiled):
    with pytest.raises(ValueError, match=r"variable name=x; dims declared=\(20\); dims found=\(\)"):
        Model(compiled("gaussian_iid"), {"T": 20})


def test_a_point_without_a_density_is_minus_infinity(compiled):
    model = Model(compiled("gaussian_iid"), {"T": 2, "x": np.array([0.0, 1.0])})
    assert model.log_density(np.array([[0.0, -1000.0]]))[0] == -np.inf


def test_what_a_program_does_not_generate_is_said(compiled):
    model = Model(compiled("gaussian_iid"), {"T": 2, "x": np.array([0.0, 1.0])})
    assert model.generated("log_lik", np.zeros((3, 2)), seed=1).shape == (3, 2)
    with pytest.raises(ValueError, match="must generate y_rep, but generates"):
        model.generated("y_rep", np.zeros((3, 2)), seed=1)

"""What turns a Stan program into a library: found on the machine, or taken from PyPI's wheel.

Either way the library has BridgeStan's C interface, so that log densities, gradients and
transforms come from the same calls.
"""

import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from . import commands
from .commands import ToolchainError

NAMES = ("auto", "cmdstan", "wheel")
INTERFACE = Path(__file__).with_name("interface.cpp")
PROGRAMS = Path(__file__).with_name("programs")


@dataclass(frozen=True)
class Toolchain:
    """Stan's compiler, headers and libraries.

    Attributes:
        name: "cmdstan" or "wheel"; which sampler is used goes with it.
        home: Where it lies.
        stanc: The compiler of Stan programs.
        version: What that says of itself.
        includes: Folders of headers.
        libraries: What a model is linked with.
        flags: Of the C++ compiler.
    """

    name: str
    home: Path
    stanc: Path
    version: str
    includes: tuple[Path, ...]
    libraries: tuple[Path, ...]
    flags: tuple[str, ...]

    def describe(self) -> str:
        """In words, for the provenance: no path of the machine."""
        return f"{self.name}, {self.version}"


COMMON = ("-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-w", "-pthread")
DEFINED = ("-DSTAN_THREADS", "-D_REENTRANT", "-DBOOST_DISABLE_ASSERTS")


def find(wanted: str = "auto") -> Toolchain:
    """The toolchain that is asked for; with "auto", an installed CmdStan, or else the wheel.

    Raises:
        ToolchainError: If it is not there, saying where it was looked for.
    """
    if wanted not in NAMES:
        raise ToolchainError(f"stan.toolchain is one of {', '.join(NAMES)}, not {wanted!r}")
    home = cmdstan_home() if wanted != "wheel" else None
    if home is not None:
        return _cmdstan(home)
    if wanted == "cmdstan":
        raise ToolchainError(
            "stan.toolchain: cmdstan needs an installed CmdStan, but there is none at CMDSTAN, in "
            "~/.cmdstan or in the conda environment: install one (python -m "
            "cmdstanpy.install_cmdstan), set CMDSTAN to its folder, or take stan.toolchain: wheel"
        )
    return _wheel()


def cmdstan_home() -> Path | None:
    """The folder of an installed CmdStan that has been built, if there is one.

    Raises:
        ToolchainError: If CMDSTAN names a folder that is none.
    """
    named = os.environ.get("CMDSTAN")
    if named:
        if not (Path(named) / "bin" / "stanc").exists():
            raise ToolchainError(
                f"CMDSTAN must be the folder of a CmdStan that has been built, but {named} has no "
                "bin/stanc: run make build there, or unset CMDSTAN"
            )
        return Path(named)
    places = sorted(Path.home().glob(".cmdstan/cmdstan-*"), key=_numbers, reverse=True)
    if os.environ.get("CONDA_PREFIX"):
        places.append(Path(os.environ["CONDA_PREFIX"], "bin", "cmdstan"))
    return next((place for place in places if (place / "bin" / "stanc").exists()), None)


def _numbers(place: Path) -> list[int]:
    """The version in a folder's name: 2.36.0 comes after 2.9.0."""
    return [int(word) for word in re.findall(r"\d+", place.name)]


def _cmdstan(home: Path) -> Toolchain:
    math = "stan/lib/stan_math"
    includes = [
        _within(home, pattern)
        for pattern in (
            "src",
            "stan/src",
            math,
            f"{math}/lib/eigen_*",
            f"{math}/lib/boost_*",
            f"{math}/lib/sundials_*/include",
            f"{math}/lib/sundials_*/src/sundials",
            "stan/lib/rapidjson_*",
        )
    ]
    # conda's CmdStan takes the TBB of its environment.
    conda = Path(os.environ.get("CONDA_PREFIX", home))
    own = bool(list(home.glob(f"{math}/lib/tbb_*/include"))) or conda == home
    headers = _within(home, f"{math}/lib/tbb_*/include") if own else conda / "include"
    sundials = [
        _within(home, f"{math}/lib/sundials_*/lib/libsundials_{part}.a")
        for part in ("cvodes", "idas", "kinsol", "nvecserial")
    ]
    tbb = _within(home, f"{math}/lib/tbb/libtbb.so*") if own else _within(conda, "lib/libtbb.so*")
    stanc = home / "bin" / "stanc"
    libraries = (*sundials, tbb)
    flags = (*COMMON, *DEFINED)
    return Toolchain(
        "cmdstan", home, stanc, _version(stanc), (*includes, headers), libraries, flags
    )


def _within(home: Path, pattern: str) -> Path:
    """The last of a CmdStan's files of this name."""
    found = sorted(home.glob(pattern))
    if not found:
        raise ToolchainError(
            f"a CmdStan that has been built has {pattern}, but {home} has not: run make build "
            "there, name another by CMDSTAN, or take stan.toolchain: wheel"
        )
    return found[-1]


def _wheel() -> Toolchain:
    spec = importlib.util.find_spec("httpstan")  # not imported: it would start a logger
    if spec is None or spec.origin is None:
        raise ToolchainError(
            "stan.toolchain: wheel needs the package httpstan, but it is not installed: use this "
            "tree's .venv, or pip install -r envs/requirements.lock"
        )
    home = Path(spec.origin).parent
    libraries = tuple(
        home / "lib" / name
        for name in (
            "libsundials_cvodes.a",
            "libsundials_idas.a",
            "libsundials_kinsol.a",
            "libsundials_nvecserial.a",
            "libtbb.so.2",
        )
    )
    # Its libraries were built for manylinux2014, with the old layout of strings.
    flags = (*COMMON, *DEFINED, "-D_GLIBCXX_USE_CXX11_ABI=0")
    version = _version(home / "stanc")
    return Toolchain("wheel", home, home / "stanc", version, (home / "include",), libraries, flags)


def _version(stanc: Path) -> str:
    return commands.run([stanc, "--version"], "asking stanc for its version").split(" (")[0].strip()


def shared_library(toolchain: Toolchain, program: Path, cache: Path) -> Path:
    """The shared library of a Stan program, compiled if it is not in the cache yet.

    What goes into it makes its name, so that nothing stale is ever loaded; another process that
    compiles the same leaves the same file.

    Args:
        toolchain: Compiles it.
        program: A .stan file.
        cache: Folder for libraries.

    Raises:
        ToolchainError: If the program is wrong or a compiler fails.
    """
    cxx = commands.compiler(os.environ.get("CXX"))
    # Where it lies too: models look for its libraries there.
    tools = [toolchain.describe(), str(toolchain.home), *toolchain.flags, _identity(cxx)]
    interface = cache / f"interface-{_digest(INTERFACE, *tools)}.o"
    made = cache / f"{program.stem}-{_digest(program, interface.name)}.so"
    if made.exists():
        return made
    cache.mkdir(parents=True, exist_ok=True)
    # Beside the cache's files, so that a finished one is moved in at once.
    with TemporaryDirectory(prefix="making-", dir=cache) as folder:
        scratch = Path(folder)
        source = scratch / f"{program.stem}.cpp"
        stanc = [toolchain.stanc, f"--name={program.stem}_model", f"--o={source}", program]
        commands.run(stanc, f"compiling the Stan program {program.name}")
        if not interface.exists():
            _compiled(cxx, toolchain, INTERFACE, scratch / "interface.o").replace(interface)
        objects = [interface, _compiled(cxx, toolchain, source, scratch / "model.o")]
        where = sorted({f"-Wl,-rpath,{path.parent}" for path in toolchain.libraries})
        linked = scratch / made.name
        link = [*cxx, "-shared", "-pthread", *objects, *toolchain.libraries, *where, "-o", linked]
        commands.run(link, f"linking {program.name}")
        linked.replace(made)
    return made


def executable(toolchain: Toolchain, program: Path, cache: Path) -> Path:
    """What CmdStan itself makes of a Stan program, by its own make: it samples.

    Raises:
        ToolchainError: If it fails.
    """
    local = toolchain.home / "make" / "local"  # a CmdStan's own settings
    settings = local.read_text(encoding="utf-8") if local.exists() else ""
    tools = [toolchain.describe(), str(toolchain.home), os.environ.get("CXX", ""), settings]
    made = cache / f"{program.stem}-{_digest(program, *tools)}"
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Beside the cache's files, so that a finished one is moved in at once.
        with TemporaryDirectory(prefix="making-", dir=cache) as folder:
            scratch = Path(folder)
            shutil.copyfile(program, scratch / program.name)
            target = (scratch / program.stem).resolve()
            commands.run(["make", "-C", toolchain.home, target], f"making {program.name}")
            target.replace(made)
    return made


def _compiled(cxx: list[str], toolchain: Toolchain, source: Path, to: Path) -> Path:
    includes = [word for folder in toolchain.includes for word in ("-isystem", folder)]
    command = [*cxx, *toolchain.flags, *includes, "-c", source, "-o", to]
    commands.run(command, f"compiling {source.name}")
    return to


def _identity(cxx: list[str]) -> str:
    return commands.run([*cxx, "--version"], "asking the C++ compiler for its version")


def _digest(path: Path, *also: str) -> str:
    return sha256("\0".join([path.read_text(encoding="utf-8"), *also]).encode()).hexdigest()[:12]


def programs() -> list[Path]:
    """The package's Stan programs."""
    return sorted(PROGRAMS.glob("*.stan"))

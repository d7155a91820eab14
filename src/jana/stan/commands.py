"""Commands of others: run, and when they fail, shown whole."""

import shlex
import subprocess
from collections.abc import Sequence
from shutil import which


class ToolchainError(RuntimeError):
    """A compiler is missing, or a command failed; the message holds it and all of its output."""


def run(command: Sequence[object], purpose: str) -> str:
    """The standard output of a command.

    Raises:
        ToolchainError: If it cannot be started or fails.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise ToolchainError(f"{purpose} failed: {error}\n  {shlex.join(words)}") from error
    if done.returncode:
        raise ToolchainError(
            f"{purpose} failed (exit code {done.returncode}):\n  {shlex.join(words)}\n"
            f"{done.stdout}{done.stderr}"
        )
    return done.stdout


def compiler(wanted: str | None = None) -> list[str]:
    """The C++ compiler: the command that is named (CXX), or the first that is found.

    Raises:
        ToolchainError: If there is none.
    """
    names = [wanted] if wanted else ["g++", "clang++", "c++"]
    for name in names:
        first, *options = shlex.split(name)  # such as ccache g++
        found = which(first)
        if found:
            return [found, *options]
    raise ToolchainError(
        f"Stan programs need a C++ compiler, but none of {', '.join(names)} was found: install g++ "
        "(apt-get install g++, conda install gxx), or name one by CXX"
    )

"""Which simulators there are, and what each says of itself, read without importing any.

The Snakefile imports this module to plan, so it may import the standard library only.
"""

import ast
from functools import cache
from pathlib import Path

HOME = Path(__file__).parent / "simulators"


def names() -> list[str]:
    """The modules in simulators/ that hold a `simulator = Simulator(...)`."""
    return sorted(path.stem for path in HOME.glob("*.py") if _keywords(path.stem) is not None)


def has(name: str, keyword: str) -> bool:
    """Whether a simulator is made with a keyword, such as `exact`."""
    return keyword in (_keywords(name) or ())


def exchangeable(name: str) -> bool:
    """Whether a simulator's data are trials whose order does not matter."""
    axes = (_keywords(name) or {}).get("x_axes")
    return isinstance(axes, ast.Tuple) and ast.unparse(axes.elts[0]) == "'trial'"


def keys(file: str, name: str) -> list[str]:
    """The keys of a dictionary that stands, literally, in a module of the package."""
    return [ast.literal_eval(key) for key in _dictionary(file, name).keys]


def firsts(file: str, name: str) -> list[str]:
    """What stands first in each of its values, which are tuples."""
    return [ast.literal_eval(value.elts[0]) for value in _dictionary(file, name).values]


def _dictionary(file: str, name: str) -> ast.Dict:
    for node in ast.parse((HOME.parent / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            return node.value
    raise ValueError(f"{file} needs a dictionary {name} with an annotation, but has none")


@cache
def _keywords(name: str) -> dict[str, ast.expr] | None:
    """The arguments of the module's `simulator = Simulator(...)`; None if it has none."""
    for node in ast.parse((HOME / f"{name}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "simulator":
            if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "Simulator":
                return {word.arg: word.value for word in node.value.keywords if word.arg}
    return None

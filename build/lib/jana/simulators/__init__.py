"""Simulators by name: the module `simulators/<name>.py` holds the constant `simulator`."""

from importlib import import_module

from .. import catalogue
from .base import Simulator


def get(name: str) -> Simulator:
    """The simulator called `name`.

    Raises:
        ValueError: If it is not what its file seems to say, from which the workflow plans.
    """
    simulator = import_module(f"{__name__}.{name}").simulator
    read = catalogue.has(name, "exact"), catalogue.exchangeable(name)
    if read != (simulator.exact is not None, simulator.exchangeable):
        raise ValueError(
            f"the workflow reads simulators/{name}.py without running it: it needs `simulator = "
            "Simulator(...)` there with keyword arguments, `exact=` only if there are exact "
            "answers, and x_axes as a tuple of names"
        )
    return simulator

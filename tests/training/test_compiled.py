"""Compiled couplings train as the others do."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from designs import flow_settings, pair, training
from torch._dynamo.utils import counters

from jana import simulators
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

# 3 steps an epoch, the last of them smaller, which is not compiled.
SCHEDULE = training(
    epochs=2, batch=40, drop_last=False, validation=0.0, patience=None, together=True
)
FLOW = {"kit": "published", "mixing": "learned", "start": "none", "activation": "relu"}


def trained(warps, compiled):
    """The weights after two epochs."""
    simulator = simulators.get("two_moons")
    data = tuple(tuple(simulator.draw(generator(seed), 100)) for seed in (1, 2))
    schedule = training(**{**vars(SCHEDULE), "compiled": compiled})
    flow = flow_settings(warps=warps, dropout=0.1, decay=1e-3, **FLOW)
    model = pair("two_moons", [3, 4], flow, schedule)
    state = fit.begin(model, data[0], schedule)
    course = fit.Course(data, schedule, simulator.prior.sample)
    assert len(list(fit.epochs(model, state, nll, course, [3, 4])))
    return model.state_dict()


def trained_apart(compiled):
    """The same of networks that learn apart, the likelihood's with a dummy."""
    from test_apart import begin, run

    model, state, courses = begin()
    ways = [way._replace(training=replace(way.training, compiled=compiled)) for way in courses]
    return run(model, state, ways)


@pytest.mark.parametrize(
    "warps", ["S", *(pytest.param(name, marks=pytest.mark.heavy) for name in ("A", "apart"))]
)
def test_after_six_steps_the_weights_are_those_of_a_run_that_is_not_compiled(warps):
    """In a process of its own: compiling and checks of shapes at every call exclude each other."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    command = [sys.executable, __file__, warps]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    made = trained_apart if sys.argv[1] == "apart" else partial(trained, sys.argv[1])
    plain, fast = (made(compiled) for compiled in (False, True))
    assert counters["stats"]["unique_graphs"] > 0  # so it was compiled
    for key, value in plain.items():
        torch.testing.assert_close(fast[key], value, atol=1e-5, rtol=1e-4)

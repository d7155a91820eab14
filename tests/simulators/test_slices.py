"""Simulations in slices: few are what `draw` gives, many depend on their place alone."""

import pytest
import torch

from jana import simulators
from jana.rng import generator
from jana.simulators import slices

KINDS = {
    "training": slices.training,
    "judged": lambda *given: slices.judged(*given, None),
    "observed": lambda *given: slices.observed(*given, None),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", ["two_moons", "sir", "drift_diffusion"])
def test_few_simulations_are_one_slice_and_those_of_the_seed(task, kind):
    simulator = simulators.get(task)
    (found,) = KINDS[kind](simulator, 5, 9)
    draw = simulator.observations if kind == "observed" else simulator.draw
    theta, x = draw(generator(5), 9)
    assert torch.equal(found.theta, theta) and torch.equal(found.x, x)
    if task == "sir" and kind == "training":
        assert torch.equal(found.clean, simulator.draw_clean(generator(5), 9))
    else:
        assert found.clean is None


def test_data_that_are_judged_have_as_many_trials_as_asked_for():
    simulator = simulators.get("drift_diffusion")
    (whole,), (part,) = (slices.judged(simulator, 5, 9, trials) for trials in (None, 40))
    assert torch.equal(part.x, whole.x[:, :40]) and part.x.shape == (9, 40, 1)


@pytest.fixture
def small(monkeypatch):
    """Slices of 20 two-dimensional data sets."""
    monkeypatch.setattr(slices, "NUMBERS", 40)


@pytest.mark.parametrize("kind", ["training", "judged"])
def test_many_are_slices_that_depend_on_their_place_alone(kind, small):
    simulator = simulators.get("two_moons")
    found, more = (list(KINDS[kind](simulator, 5, n)) for n in (50, 90))
    assert [len(part.theta) for part in found] == [20, 20, 10]
    assert torch.equal(found[0].theta, simulator.draw(generator(5), 20).theta)
    for one, other in zip(found[:2], more, strict=False):
        assert torch.equal(one.x, other.x)
    rows = torch.cat([part.theta for part in more])
    assert len(rows) == 90 and len(rows.unique(dim=0)) == 90


def test_slices_are_drawn_one_after_another(small):
    """Nothing of the second is there before it is asked for: memory is that of one."""
    made = slices.training(simulators.get("two_moons"), 5, 10**9)
    assert len(next(made).theta) == 20

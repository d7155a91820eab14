"""Steps on a CPU: what is too small for full precision takes no time."""

import pytest
import torch
from designs import pair, training

from jana import simulators
from jana.denormals import flushing
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

TINY = torch.tensor([1e-39])  # single precision has it, with fewer digits


def test_numbers_too_small_for_full_precision_are_nothing_within_and_are_kept_without():
    with flushing():
        assert (TINY * 1).item() == 0
    assert (TINY * 1).item() > 0


def test_they_are_kept_again_after_an_error():
    with pytest.raises(ValueError), flushing():
        raise ValueError
    assert (TINY * 1).item() > 0


def test_training_takes_its_steps_so():
    """Adam's means of weights without a gradient shrink to nothing, not to such numbers."""
    simulator, schedule = simulators.get("two_moons"), training(epochs=1, batch=20)
    data = tuple(tuple(simulator.draw(generator(seed), 60)) for seed in (1, 2))
    model, seen = pair("two_moons", [3], schedule=schedule), []
    state = fit.begin(model, data[0], schedule)

    def looking(*given):
        seen.append((TINY * 1).item())
        return nll(*given)

    for _ in fit.epochs(
        model, state, looking, fit.Course(data, schedule, simulator.prior.sample), [3]
    ):
        pass
    assert seen.count(0.0) == 3 and (TINY * 1).item() > 0  # validation is as ever

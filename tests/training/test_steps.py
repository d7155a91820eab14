"""Steps on a CPU: what is too small for full precision takes no time."""

import threading

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


def trained(threads, monkeypatch):
    """Weights after an epoch of both networks, and the threads that losses were computed in."""
    simulator = simulators.get("two_moons")
    schedule = training(epochs=1, batch=20, decay=0.0, patience=None, surrogate=0.0)
    data = tuple(tuple(simulator.draw(generator(seed), 60)) for seed in (1, 2))
    model, seen = pair("two_moons", [3, 4], schedule=schedule), set()
    state = fit.begin(model, data[0], schedule)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)

    def looking(*given):
        seen.add((threading.get_ident(), given[-1]))
        return nll(*given)

    course = fit.Course(data, schedule, simulator.prior.sample)
    for _ in fit.epochs(model, state, looking, course, [3, 4]):
        pass
    return model.state_dict(), seen


def test_two_networks_train_in_two_threads_as_in_one(monkeypatch):
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)
    (one, _), (two, seen) = (trained(threads, monkeypatch) for threads in (1, 2))
    alone = {ident: names for ident, names in seen if len(names) == 1}
    assert sorted(alone.values()) == [("likelihood",), ("posterior",)]
    assert any((one[key] != 0).any() for key in one)
    for key, value in one.items():
        torch.testing.assert_close(two[key], value, rtol=1e-5, atol=1e-6, equal_nan=True)


def test_an_error_in_either_thread_is_an_error_and_threads_are_as_they_were(monkeypatch):
    simulator, schedule = simulators.get("two_moons"), training(epochs=1, surrogate=0.0)
    data = tuple(tuple(simulator.draw(generator(seed), 60)) for seed in (1, 2))
    before = torch.get_num_threads()
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    told = []
    monkeypatch.setattr(torch, "set_num_threads", told.append)
    for name in ("posterior", "likelihood"):
        model = pair("two_moons", [3], schedule=schedule)
        state = fit.begin(model, data[0], schedule)

        def failing(*given, name=name):
            if given[-1] == (name,):
                raise ZeroDivisionError(name)
            return nll(*given)

        course = fit.Course(data, schedule, simulator.prior.sample)
        with pytest.raises(ZeroDivisionError, match=name):
            list(fit.epochs(model, state, failing, course, [3]))
        assert told[-1] == 2
    monkeypatch.undo()
    assert torch.get_num_threads() == before

"""Training by compiled kernels is training by tensor operations."""

import pytest
import torch
from designs import flow_settings, pair, training

from jana import simulators
from jana.networks import fused
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

# 3 steps an epoch, the last of them smaller; the last weights are kept, not an average.
SCHEDULE = {"epochs": 2, "batch": 40, "drop_last": False, "validation": 0.0, "patience": None}
SCHEDULE |= {"decay": 0.0}
FLOWS = {
    "own": {"warps": "GSA", "decay": 1e-3},
    "published": {"kit": "published", "warps": "SA", "mixing": "learned", "start": "none"}
    | {"activation": "relu", "dropout": 0.1, "decay": 1e-3},
}


@pytest.fixture
def refused(monkeypatch):
    """How often the kernels were asked for, none of which they took."""
    asked = []
    monkeypatch.setattr(fused, "lying", lambda *given: asked.append(given))
    return asked


def trained(flow, together):
    """The weights after two epochs."""
    simulator = simulators.get("two_moons")
    data = tuple(tuple(simulator.draw(generator(seed), 100)) for seed in (1, 2))
    schedule = training(together=together, **SCHEDULE)
    model = pair("two_moons", [3, 4], flow_settings(**FLOWS[flow]), schedule)
    state = fit.begin(model, data[0], schedule)
    course = fit.Course(data, schedule, simulator.prior.sample)
    assert len(list(fit.epochs(model, state, nll, course, [3, 4])))
    return model.state_dict()


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("flow", FLOWS)
def test_after_six_steps_the_weights_are_those_of_tensor_operations(flow, together, request):
    fast = trained(flow, together)
    asked = request.getfixturevalue("refused")
    slow = trained(flow, together)
    assert asked
    assert any((fast[key] != slow[key]).any() for key in slow)  # so the kernels did it
    for key, value in slow.items():
        torch.testing.assert_close(fast[key], value, atol=1e-5, rtol=1e-4)

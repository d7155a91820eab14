"""On a GPU, where there is one: steps are recorded, and end where a CPU's do."""

from dataclasses import replace

import pytest
import torch
from designs import entries, flow_settings, training

from jana import settings, simulators
from jana.designs import Design, SummarySettings
from jana.recipes import build_joint
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs an NVIDIA GPU that PyTorch can use"
)
SEEDS = [3, 4]
SCHEDULE = training(epochs=3, batch=16)
FLOW = flow_settings(dropout=0.1, decay=1e-3, warps="SA")
SMALL = Design(FLOW, FLOW, SCHEDULE, SummarySettings((8,), 3))


def designed(task):
    """A small design of ours, or that of a series."""
    if not task.startswith("epidemic"):
        return SMALL
    changes = {"likelihood": {"state": 8, "nets": {"S": {"hidden": [8]}}}}
    found = Design.from_config(settings.design(entries(), "tuned", task, changes))
    return replace(found, training=replace(found.training, epochs=2, batch=16, rate=1e-3))


def trained(task, device):
    torch.backends.cudnn.allow_tf32 = False  # as `recipes.device` has it
    design, simulator = designed(task), simulators.get(task)
    data = tuple(simulator.draw(generator(8), 200))
    model = build_joint(design, simulator, tuple(data[1].shape[1:]), SEEDS).to(device)
    course = fit.course(design.training, device, data, data, simulator.prior.sample)
    course = course._replace(fresh=simulator.draw)
    state = fit.begin(model, course.data[0], design.training)
    for _ in fit.epochs(model, state, nll, course, SEEDS):
        pass
    return model, state


@pytest.mark.parametrize(
    "task", ["two_moons", "gaussian_iid", "sir_sbibm", "drift_diffusion", "epidemic_corrected"]
)
def test_losses_are_those_of_a_cpu(task):
    """To a hundredth of a nat for each number of the data, after two epochs or three."""
    (_, here), (model, there) = (trained(task, torch.device(d)) for d in ("cpu", "cuda"))
    size = max(2, model.x_shape[0])
    for mine, other in zip(here.history, there.history, strict=True):
        for name, loss in mine.validation.items():
            torch.testing.assert_close(other.validation[name], loss, atol=0.01 * size, rtol=1e-3)


@pytest.mark.parametrize("task", ["two_moons", "sir_sbibm", "epidemic_corrected"])
def test_recorded_steps_end_where_others_do(task, monkeypatch):
    """With dropout and places of counts, which are other ones in every step."""
    made, record = [], torch.cuda.graph

    def watched(*args, **kwargs):
        made.append(args)
        return record(*args, **kwargs)

    monkeypatch.setattr(torch.cuda, "graph", watched)
    ends = []
    for first in (10_000, 3):
        monkeypatch.setattr("jana.training.steps.FIRST", first)
        _, state = trained(task, torch.device("cuda"))
        ends.append(torch.cat([part.weights for part in state.parts.values()], 1))
        assert bool(made) == (first == 3)
    torch.testing.assert_close(*ends, atol=1e-3, rtol=1e-2)


def test_surrogate_data_are_made_on_the_device_and_come_back():
    """Of parameters that lie on the CPU, as those of files do."""
    model, _ = trained("epidemic_corrected", torch.device("cuda"))
    theta, x = simulators.get("epidemic_corrected").draw(generator(1), 5)
    rngs = [generator(seed) for seed in SEEDS]
    made = model.surrogate(rngs, *model.shared(theta, x))
    assert made.device.type == "cpu" and made.shape == (2, 5, 81, 3) and made.isfinite().all()

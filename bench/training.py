"""Milliseconds per training step, by task, design and members: python bench/training.py"""

from itertools import product
from pathlib import Path

import timing
import torch
import yaml

from jana import recipes, settings, simulators
from jana.designs import Design
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

STEPS = 20
CONFIG = Path(__file__).parents[1] / "config.yaml"

config = yaml.safe_load(CONFIG.read_text())
pairs = settings.pairs(config["designs"], ["tuned", "paper"], config["benchmarks"]["tasks"])
for (task, name), members in product(pairs, (1, 3)):
    simulator = simulators.get(task)
    design = Design.from_config(settings.design(config["designs"], name, task))
    data = tuple(simulator.draw(generator(1), 2000))
    shape = tuple(data[1].shape[1:])
    model = recipes.build_joint(design, simulator, shape, range(members))
    state = fit.begin(model, data, design.training)
    order = torch.stack([torch.randperm(2000, generator=generator(2))] * members)
    rows = (*model.shared(*data), order[:, : STEPS * design.training.batch])

    def run(model=model, state=state, rows=rows, design=design):
        fit._one_pass(model, state.parts, nll, rows, design.training, range(members), 0)

    milliseconds = 1e3 * timing.seconds(run, runs=3) / STEPS
    print(
        f"{task}, {name}: {members} members, batch {design.training.batch}: "
        f"{milliseconds:6.1f} ms a step, {milliseconds / members:5.1f} ms a member",
        flush=True,
    )

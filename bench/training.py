"""Milliseconds per joint training step, by members and batch: python bench/training.py"""

from itertools import product
from pathlib import Path

import timing
import torch
import yaml

from jana import recipes, simulators
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

STEPS = 20
CONFIG = Path(__file__).parents[1] / "config.yaml"

design = recipes.Design.from_config(yaml.safe_load(CONFIG.read_text())["designs"]["tuned"])
for task, members, batch in product(("two_moons", "gaussian_linear"), (1, 3, 10), (64, 256)):
    simulator = simulators.get(task)
    data = tuple(simulator.draw(generator(1), 10_000))
    model = recipes.build_joint(design, simulator, data[1].shape[1], range(members))
    state = fit.begin(model, data, design.training)
    rows = torch.randint(9500, (STEPS, members, batch), generator=generator(2))

    def run(model=model, state=state, data=data, rows=rows):
        for index in rows:
            terms = nll(model, *(part[index] for part in data))
            sum(term.sum() for term in terms.values()).backward()
            for name, part in state.parts.items():
                part.step(terms[name], 1e-4, 5.0)

    milliseconds = 1e3 * timing.seconds(run, runs=3) / STEPS
    print(
        f"{task}: {members:2} members, batch {batch:3}: {milliseconds:6.1f} ms a step, "
        f"{milliseconds / members:5.1f} ms a member"
    )

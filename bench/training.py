"""Milliseconds per training step: python bench/training.py [cuda [TASK ...]]"""

import sys
import time
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
from jana.training.steps import Steps

STEPS = 20
CONFIG = Path(__file__).parents[1] / "config.yaml"

device = recipes.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")
wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
clock = time.perf_counter if device.type == "cuda" else time.process_time
config = yaml.safe_load(CONFIG.read_text())
tasks = sys.argv[2:] or [*config["benchmarks"]["tasks"], "epidemic_corrected", "drift_diffusion"]
pairs = settings.pairs(config["designs"], ["tuned", "paper"], tasks)
for (task, name), members in product(pairs, (1, 10) if device.type == "cuda" else (1, 3)):
    simulator = simulators.get(task)
    design = Design.from_config(settings.design(config["designs"], name, task))
    rows = STEPS * design.training.batch
    data = tuple(part.to(device) for part in simulator.draw(generator(1), rows))
    shape = tuple(data[1].shape[1:])
    try:
        model = recipes.build_joint(design, simulator, shape, range(members)).to(device)
    except ValueError as error:  # recurrent networks of the published design are one pair
        print(f"{task}, {name}: {members} members: {error}")
        continue
    state, training = fit.begin(model, data, design.training), design.training
    order = torch.stack([torch.randperm(rows, generator=generator(2))] * members).to(device)
    steps = Steps(model, state.parts, nll, training.clip, training.per_trial)

    seen = *model.shared(*data), order

    def run(steps=steps, seen=seen, training=training, members=members):
        fit._one_pass(steps, seen, training, range(members), 0)
        wait()

    run()  # where steps are recorded, this is when
    milliseconds = 1e3 * timing.seconds(run, 3, clock) / STEPS
    print(
        f"{task}, {name}: {members} members, batch {training.batch}: "
        f"{milliseconds:6.2f} ms a step, {milliseconds / members:6.2f} ms a member, "
        f"{len(steps.recorded)} recorded{', refused' if steps.refused else ''}",
        flush=True,
    )

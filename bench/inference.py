"""Draws and log densities per second, untrained weights: python bench/inference.py"""

from pathlib import Path

import timing
import yaml

from jana import recipes, settings, simulators
from jana.designs import Design
from jana.inference import draws, surrogate
from jana.rng import generator

CONFIG = Path(__file__).parents[1] / "config.yaml"

designs = yaml.safe_load(CONFIG.read_text())["designs"]
for task in ("two_moons", "gaussian_linear", "gaussian_iid"):
    simulator = simulators.get(task)
    design = Design.from_config(settings.design(designs, "tuned", task))
    pairs = simulator.draw(generator(1), 100_000)
    model = recipes.build_joint(design, simulator, tuple(pairs.x.shape[1:]), [0])
    model.set_from(*pairs)
    theta, x = model.shared(*pairs)
    runs = {
        "posterior draws": (
            200_000,
            lambda: draws.posterior_draws(model, [generator(2)], x[:, :200], 1000),
        ),
        "surrogate data": (
            200_000,
            lambda: surrogate.simulate(model, [generator(2)], theta[:, :200], x[:, :200], 1000),
        ),
        "log posteriors": (100_000, lambda: draws.log_posterior(model, theta, x)),
        "log likelihoods": (100_000, lambda: surrogate.log_likelihood(model, theta, x)),
    }
    for name, (count, call) in runs.items():
        print(f"{task}: {count / timing.seconds(call, runs=3):10,.0f} {name} a second")

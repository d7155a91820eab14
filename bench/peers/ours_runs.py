"""Ours: the designs of config.yaml, with changes, and the training loop of the pipeline."""

import job  # isort: skip

from dataclasses import replace

import numpy as np
import torch
import yaml

from jana import recipes, settings, simulators
from jana.designs import Design
from jana.inference import draws, surrogate
from jana.provenance import git
from jana.rng import generator
from jana.simulators.base import Simulator
from jana.simulators.priors import box
from jana.training import fit
from jana.training.losses import nll
from jana.training.state import Epoch

told = job.read()
setting, data = told.setting, {name: torch.as_tensor(part) for name, part in told.data.items()}
torch.set_num_threads(setting.get("threads", 1))


def unknown(rng: torch.Generator, theta: torch.Tensor) -> torch.Tensor:
    """Nobody asks for more than the data that all systems have."""
    raise NotImplementedError("there are no further simulations")


def task() -> Simulator:
    """What is known of the data: bounds of the parameters, and whether trials are exchangeable."""
    if "simulator" in setting:
        return simulators.get(setting["simulator"])
    names = tuple(f"theta {k}" for k in range(len(data["low"])))
    axes = ("trial", "coordinate") if data["x"].ndim == 3 else ("coordinate",)
    return Simulator(box(data["low"].tolist(), data["high"].tolist()), unknown, names, axes)


def trained(training: fit.Training) -> tuple[job.Laps, list[Epoch]]:
    """Trains the model; the times of all passes, and what they left behind."""
    learn, watch = fit.split(pairs, training, pairs)
    state = fit.begin(model, learn, training)
    course = fit.Course((learn, watch), training, simulator.prior.sample)
    passes = fit.epochs(model, state, nll, course, seeds)
    laps, found = job.Laps(), []
    while True:
        laps.begin()
        epoch = next(passes, None)
        if epoch is None:
            return laps, found
        laps.end()
        found.append(epoch)


def timed() -> dict[str, float]:
    """What a step takes, in each stage: validation and what the networks draw are in it."""
    how = {"epochs": job.PASSES, "likelihood_epochs": None, "patience": None}
    training = replace(design.training, **how)
    count = round((1 - training.validation) * len(pairs[0])) // training.batch
    laps, epochs = trained(training)
    each = {}
    for first, epoch in enumerate(epochs):
        if epoch.index == 1:
            stage, names = job.Laps(), list(epoch.train)
            stage.walls, stage.works = (
                part[first : first + job.PASSES] for part in (laps.walls, laps.works)
            )
            each[names[0] if len(names) == 1 else ""] = stage.steady(count)
    return job.steps(each, job.PASSES * count)


def judged() -> dict[str, float]:
    """Losses, and then draws and densities per second."""
    trained(design.training)
    model.requires_grad_(False)
    found, one = job.since_start(), model.member(0)
    x = data["test_x"]

    def log_posterior(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        parts = torch.as_tensor(theta)[None], torch.as_tensor(x)[None]
        return draws.log_posterior(one, *parts)[0].numpy()

    def log_likelihood(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        parts = torch.as_tensor(theta)[None], torch.as_tensor(x)[None]
        return surrogate.log_likelihood(one, *parts)[0].numpy()

    def drawn(n: int) -> int:
        seen = x[None, :n]
        return draws.posterior_draws(one, [generator(1)], seen, job.DRAWS).log_prob.numel()

    found |= job.losses(log_posterior, log_likelihood, told.data)
    job.write(VERSION, found)
    found |= job.per_second("draws", drawn)
    if x.ndim == 2:
        found |= job.per_second("densities", lambda n: len(log_posterior(*job.some(told.data, n))))
    return found


VERSION = f"{git()} (torch {torch.__version__})"
with open(setting["config"]) as file:
    designs = yaml.safe_load(file)["designs"]
simulator, name = task(), setting.get("simulator", "two_moons")
design = Design.from_config(settings.design(designs, "tuned", name, setting["changes"]))
seeds = range(told.seed, told.seed + setting.get("members", 1))
pairs = data["theta"], data["x"]
model = recipes.untrained(design, simulator, pairs, seeds)
job.write(VERSION, timed() if told.what == "step" else judged())

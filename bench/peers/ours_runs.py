"""Ours: the designs of config.yaml, with changes, and the training loop of the pipeline."""

import job
import torch
import yaml

from jana import recipes, settings, simulators
from jana.designs import Design
from jana.inference import draws, surrogate
from jana.rng import generator
from jana.simulators.base import Simulator
from jana.simulators.priors import box
from jana.training import fit
from jana.training.losses import nll
from jana.training.steps import Steps

told = job.read()
setting, data = told.setting, {name: torch.as_tensor(part) for name, part in told.data.items()}
torch.set_num_threads(setting.get("threads", 1))


def unknown(rng, theta):
    """Nobody asks for more than the data that all systems have."""
    raise NotImplementedError("there are no further simulations")


def task() -> Simulator:
    """What is known of the data: bounds of the parameters, and whether trials are exchangeable."""
    if "simulator" in setting:
        return simulators.get(setting["simulator"])
    names = tuple(f"theta {k}" for k in range(len(data["low"])))
    axes = ("trial", "coordinate") if data["x"].ndim == 3 else ("coordinate",)
    return Simulator(box(data["low"].tolist(), data["high"].tolist()), unknown, names, axes)


with open(setting["config"]) as file:
    designs = yaml.safe_load(file)["designs"]
simulator, name = task(), setting.get("simulator", "two_moons")
design = Design.from_config(settings.design(designs, "tuned", name, setting["changes"]))
training, seeds = design.training, range(told.seed, told.seed + setting.get("members", 1))
pairs = data["theta"], data["x"]
model = recipes.untrained(design, simulator, pairs, seeds)
learn, watch = fit.split(pairs, training, pairs)
state = fit.begin(model, learn, training)
if told.what == "step":
    steps = Steps(model, state.parts, nll, training.clip, training.per_trial)
    count = len(pairs[0]) // training.batch
    laps = job.Laps(count)
    theta, x = model.shared(*pairs)
    for index in range(job.PASSES):
        laps.begin()
        rngs = [generator(1000 * index + seed) for seed in seeds]
        order = [torch.randperm(count * training.batch, generator=rng) for rng in rngs]
        fit._one_pass(steps, (theta, x, torch.stack(order)), training, seeds, index)
        laps.end()
    found = laps.found() | {"train_peak_mb": job.peak()}
else:
    course = fit.Course((learn, watch), training, simulator.prior.sample)
    for _ in fit.epochs(model, state, nll, course, seeds):
        pass
    model.requires_grad_(False)
    found = job.since_start()
    tests = model.shared(data["test_theta"], data["test_x"])

    def log_posterior(*_):
        return draws.log_posterior(model, *tests)[0].numpy()

    def log_likelihood(*_):
        return surrogate.log_likelihood(model, *tests)[0].numpy()

    found |= job.losses(log_posterior, log_likelihood, told.data)
    one = model.member(0)

    def drawn(n):
        x = tests[1][:1, :n]
        return draws.posterior_draws(one, [generator(1)], x, job.DRAWS).log_prob.numel()

    found |= job.per_second("draws", drawn)

    def dense(n):
        pair = (torch.as_tensor(part)[None] for part in job.some(told.data, n))
        return draws.log_posterior(one, *pair).numel()

    found |= job.per_second("densities", dense)
    found["peak_mb"] = job.peak()
job.write(torch.__version__, found)

"""sbi: NPE and NLE, one after the other, and its own amortized draws."""

import warnings

import job
import numpy as np
import torch

warnings.filterwarnings("ignore")

import sbi  # noqa: E402
from sbi.inference import NLE, NPE  # noqa: E402
from sbi.neural_nets import likelihood_nn, posterior_nn  # noqa: E402
from sbi.utils import BoxUniform  # noqa: E402

told = job.read()
setting, data = told.setting, told.data
torch.set_num_threads(setting.get("threads", 1))
torch.manual_seed(told.seed)
theta, x = (torch.as_tensor(data[name]) for name in ("theta", "x"))
prior = BoxUniform(torch.as_tensor(data["low"]), torch.as_tensor(data["high"]))


def trainer(kind: str):
    """NPE or NLE with a density estimator of this setting."""
    made, built = (NPE, posterior_nn) if kind == "posterior" else (NLE, likelihood_nn)
    flow = built(setting["flow"], **setting["networks"])
    return made(prior, density_estimator=flow, show_progress_bars=False).append_simulations(
        theta, x
    )


def trained(kind: str, epochs: int, laps: job.Laps | None = None):
    """A density estimator; it stops by a held-out share, or after so many passes."""
    how = {
        "training_batch_size": setting["batch"],
        "learning_rate": setting["rate"],
        "validation_fraction": setting["validation"],
        "clip_max_norm": setting["clip"],
    }
    found = trainer(kind)
    if laps is None:
        return found.train(max_num_epochs=epochs, stop_after_epochs=20, **how)
    laps.steps = int((1 - setting["validation"]) * len(theta)) // setting["batch"]
    for index in range(epochs):  # each call adds a pass, and validates after it
        laps.begin()
        again = {"resume_training": index > 0, "stop_after_epochs": 10**6}
        last = found.train(max_num_epochs=index, **again, **how)
        laps.end()
    return last


def log_prob(estimator, value: np.ndarray, given: np.ndarray) -> np.ndarray:
    """By pair."""
    with torch.no_grad():
        parts = torch.as_tensor(value)[None], torch.as_tensor(given)
        return estimator.log_prob(parts[0], condition=parts[1])[0].numpy()


found: dict[str, float] = {}
if told.what == "step":
    for kind in ("posterior", "likelihood"):
        laps = job.Laps(0)
        trained(kind, job.PASSES, laps)
        found = job.added(found, laps.found()) if found else laps.found()
    found["train_peak_mb"] = job.peak()
else:
    pair = {kind: trained(kind, setting["epochs"]) for kind in ("posterior", "likelihood")}
    found = job.since_start()
    found |= job.losses(
        lambda theta, x: log_prob(pair["posterior"], theta, x),
        lambda theta, x: log_prob(pair["likelihood"], x, theta),
        data,
    )
    seen = torch.as_tensor(data["test_x"])

    @torch.no_grad()
    def drawn(n):
        return pair["posterior"].sample((job.DRAWS,), condition=seen[:n])[..., 0].numel()

    found |= job.per_second("draws", drawn)
    found |= job.per_second(
        "densities", lambda n: len(log_prob(pair["posterior"], *job.some(data, n)))
    )
    found["peak_mb"] = job.peak()
job.write(sbi.__version__, found)

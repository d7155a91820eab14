"""sbi: NPE and NLE, one after the other, and draws and densities of their estimators."""

import job  # isort: skip

import time
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")

import sbi  # noqa: E402
from sbi.inference import NLE, NPE  # noqa: E402
from sbi.neural_nets import likelihood_nn, posterior_nn  # noqa: E402
from sbi.utils import BoxUniform  # noqa: E402

KINDS = {"posterior": (NPE, posterior_nn), "likelihood": (NLE, likelihood_nn)}


def trained(told: job.Job, kind: str, epochs: int, patience: int):
    """A density estimator after so many passes, or where its patience with held-out pairs ends."""
    setting, data = told.setting, told.data
    prior = BoxUniform(torch.as_tensor(data["low"]), torch.as_tensor(data["high"]))
    made, built = KINDS[kind]
    flow = built(setting["flow"], **setting["networks"])
    trainer = made(prior, density_estimator=flow, show_progress_bars=False)
    trainer.append_simulations(*(torch.as_tensor(data[name]) for name in ("theta", "x")))
    return trainer.train(
        training_batch_size=setting["batch"],
        learning_rate=setting["rate"],
        validation_fraction=setting["validation"],
        clip_max_norm=setting["clip"],
        max_num_epochs=epochs - 1,  # it makes one more
        stop_after_epochs=patience,
    )


def log_prob(estimator, value: np.ndarray, given: np.ndarray) -> np.ndarray:
    """By pair."""
    with torch.no_grad():
        parts = torch.as_tensor(value)[None], torch.as_tensor(given)
        return estimator.log_prob(parts[0], condition=parts[1])[0].numpy()


def timed(told: job.Job) -> dict[str, float]:
    """What a step takes: the difference between many passes and few, validation included."""
    setting, n = told.setting, len(told.data["theta"])
    count = int((1 - setting["validation"]) * n) // setting["batch"]
    each = {}
    for kind in KINDS:
        took = []
        for passes in (2, 1 + job.PASSES):  # it makes two at least
            begun, worked = time.perf_counter(), time.process_time()
            trained(told, kind, passes, 10**6)
            took.append((time.perf_counter() - begun, time.process_time() - worked))
        more = (job.PASSES - 1) * count
        each[kind] = tuple(1e3 * (many - few) / more for few, many in zip(*took, strict=True))
    return job.steps(each, (3 + job.PASSES) * count)


def judged(told: job.Job) -> dict[str, float]:
    """Losses, and then draws and densities per second."""
    data = told.data
    pair = {kind: trained(told, kind, told.setting["epochs"], 20) for kind in KINDS}
    found = job.since_start()
    found |= job.losses(
        lambda theta, x: log_prob(pair["posterior"], theta, x),
        lambda theta, x: log_prob(pair["likelihood"], x, theta),
        data,
    )
    job.write(sbi.__version__, found)
    seen = torch.as_tensor(data["test_x"])

    @torch.no_grad()
    def drawn(n: int) -> int:
        return pair["posterior"].sample((job.DRAWS,), condition=seen[:n])[..., 0].numel()

    def dense(n: int) -> int:
        return len(log_prob(pair["posterior"], *job.some(data, n)))

    return found | job.per_second("draws", drawn) | job.per_second("densities", dense)


told = job.read()
torch.set_num_threads(told.setting.get("threads", 1))
torch.manual_seed(told.seed)
job.write(sbi.__version__, timed(told) if told.what == "step" else judged(told))

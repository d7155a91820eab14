"""Trains the networks of one task and design, from files to files.

The workflow's rule does so here, and `bench/gpu.py` where there is a GPU and no workflow.
"""

import json
import time
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

import torch

from . import designs, recipes, simulators
from .io import checkpoints, log, netcdf, tensors
from .io.atomic import atomically
from .provenance import record
from .training import fit
from .training.losses import nll

SAVING = 10  # times what it takes to save that are spent between: a tenth of the time at most


@dataclass(frozen=True)
class Job:
    """What is trained, from which files to which, as plain values.

    Attributes:
        task: Whose simulator.
        name: Of the design.
        rule: Of the workflow, for the provenance.
        params: That rule's: `design`, `seeds`, `device`, `threads`, `rows` of the training file
            (None: all), `code` (its fingerprint) and `checkpoints` (a folder).
        train: Pairs to learn from.
        watched: Pairs to validate with, where none is held out.
        apart: Both again, of what the likelihood network learns from alone; may be none.
        model: Where the weights go.
        history: Where the losses go.
    """

    task: str
    name: str
    rule: str
    params: dict
    train: str
    watched: str
    apart: tuple[str, ...]
    model: str
    history: str

    def write(self, path: Path | str) -> None:
        """Stores the job as JSON."""
        with atomically(path) as part:
            part.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path | str) -> "Job":
        """A job that `write` stored.

        Raises:
            ValueError: If the file is none.
        """
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls(**found | {"apart": tuple(found["apart"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"a training job is needed at {path}, but it cannot be read ({error!r}): make it "
                "with snakemake training_jobs"
            ) from error


def ended(job: Job) -> bool:
    """Whether weights and losses of this very job are there."""
    if not (Path(job.model).exists() and Path(job.history).exists()):
        return False
    found = json.loads(checkpoints.details(job.model).get("params", "{}"))
    return found == json.loads(json.dumps(job.params))


def train(job: Job, seconds: float = inf) -> bool:
    """Trains from where an interrupted run stopped, and writes weights and losses.

    Args:
        job: What to train.
        seconds: After which to stop, when the epoch ends; the next call goes on from there.

    Returns:
        Whether training has ended: else nothing but a checkpoint is written.
    """
    end, p = time.monotonic() + seconds, job.params
    torch.set_num_threads(p["threads"])
    design, device = designs.Design.from_config(p["design"]), recipes.device(p["device"])
    files = job.train, job.watched, *job.apart
    pairs, others, *more = (tensors.load(file, "theta", "x", rows=p["rows"]) for file in files)
    simulator = simulators.get(job.task)
    model = recipes.untrained(design, simulator, pairs, p["seeds"]).to(device)
    prior = simulator.prior.sample
    course = fit.course(design.training, device, pairs, others, prior)
    clean = tensors.load_all(job.train).get("x_clean")
    noise = simulator.redrawn(clean, len(course.data[0][0]))
    course = course._replace(redrawn=noise, fresh=simulator.fresh())
    apart = design.apart and fit.course(design.apart.training, device, *more, prior)
    if apart:
        apart = apart._replace(fresh=simulators.get(design.apart.task).fresh())
    state = fit.begin(model, course.data[0], design.training, apart)
    where = recipes.describe(model)
    details = record(rule=job.rule, params=p, device=where)
    loaded = sum((others, *more), pairs)
    identity = checkpoints.identity(p | {"device": where, "torch": torch.__version__}, *loaded)
    with checkpoints.locked(p["checkpoints"]) as folder:
        last = folder / "last.pt"
        state.restore(checkpoints.resumable(last, identity) or state.state())
        epochs = fit.epochs(model, state, nll, course, p["seeds"], apart)
        name, due = f"{job.task} {job.name}", 0.0
        for _ in log.followed(epochs, state.passes, design.epochs(), name):
            begun = time.monotonic()
            if begun >= min(due, end):
                checkpoints.save(last, state.state(), details, identity)
                due = time.monotonic() + SAVING * (time.monotonic() - begun)
            if begun >= end:
                return False
        recipes.choose_pooling(model, design, simulator, p["seeds"], *course.data[1])
        netcdf.save(job.history, details, {"part": state.networks}, **state.arrays())
        checkpoints.save(job.model, model.state_dict(), details, identity)
        checkpoints.forget(last)  # so that --forcerun trains anew
    return True

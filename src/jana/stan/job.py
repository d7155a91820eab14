"""A task's reference fits: the same sampler, settings and program for all its data sets."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from ..evidence import LARGEST_KHAT, bridge, elpd
from ..evidence.bridge import Bridge
from ..provenance import seed_of
from .model import Model
from .nuts import Draws, Settings, sample, sample_by_cmdstan
from .reference import Fit, Program, fit


class Job(NamedTuple):
    """What a fit depends on beside its data.

    Attributes:
        program: Of the task.
        compiled: That program, as a library.
        settings: Of the sampler.
        seed: What all seeds of the task's fits are made from.
        identity: A hash of the library and of all code and settings.
        executable: CmdStan's of the program, if that is what samples; nutpie does without.
    """

    program: Program
    compiled: Path
    settings: Settings
    seed: int
    identity: str
    executable: Path | None = None

    def model(self, x: Float[ndarray, " *X"]) -> Model:
        """The posterior of a data set."""
        return Model(self.compiled, self.program.data(x))

    def fit(
        self, model: Model, x: Float[ndarray, " *X"], starts: Float[ndarray, "S D"], seed: int
    ) -> Fit:
        """Its draws; see `reference.fit`."""
        return fit(self.program, model, x, starts, self.settings, seed, self.sample)

    def sample(self, model: Model, settings: Settings, starts: ndarray, seed: int) -> Draws:
        """NUTS by what there is."""
        if self.executable is None:
            return sample(model, settings, starts, seed)
        return sample_by_cmdstan(model, self.executable, settings, starts, seed)


class LeftOut(NamedTuple):
    """Leave-one-out densities of a data set.

    Attributes:
        elpd: The estimates; k-hats of trials that were left out in earnest are those of bridge
            sampling.
        refits: How many those are.
        said: What went wrong, in words.
    """

    elpd: elpd.Elpd
    refits: int
    said: list[str]


def leave_one_out(
    job: Job,
    model: Model,
    x: Float[ndarray, " *X"],
    starts: Float[ndarray, "S D"],
    seed: int,
    draws: Float[ndarray, "C N U"],
    evidence: Bridge,
) -> LeftOut:
    """Pareto-smoothed leave-one-out; where k-hat is high, by a fit that has not seen the trial.

    The density of such a trial given the others is then the ratio of two marginal likelihoods,
    with and without it: its mean over draws would have a heavy tail, as the trial is an outlier.
    Where that fit fails, or does not pass its gate, the trial's first estimate and k-hat stay.

    Args:
        job: How to fit again.
        model: The program, with all trials; it generates log_lik.
        x: All trials, along the first axis.
        starts: Prior draws where chains may start.
        seed: Of what is fitted again.
        draws: Of the posterior of all trials, on unconstrained scale.
        evidence: Of all trials.
    """
    flat, chains = draws.reshape(-1, model.dim), len(draws)
    logs = torch.from_numpy(model.generated("log_lik", flat, seed % 2**31))
    found = elpd.psis(logs, chains)
    doubtful = (found.khat > LARGEST_KHAT).nonzero().flatten().tolist()
    made, said = {}, []
    for trial in doubtful if evidence.status == "ok" else []:
        one = _without(job, x, trial, starts, seed_of(seed, trial))
        if isinstance(one, Bridge):
            made[trial] = one
        else:
            said.append(f"trial {trial} stays: {one}")
    pointwise, error, khat = (part.clone() for part in found[:3])
    for trial, one in made.items():
        pointwise[trial] = evidence.value - one.value
        error[trial] = math.hypot(evidence.error, one.error)
        khat[trial] = max(evidence.khat, one.khat)
    # The estimates of trials that were not refitted share their draws; the others one evidence.
    kept = [trial for trial in range(len(khat)) if trial not in made]
    shared = float(elpd.psis(logs[:, kept], chains).total_error) if kept else 0.0
    errors = [shared, len(made) * evidence.error, *(one.error for one in made.values())]
    total_error = torch.tensor(math.hypot(*errors), dtype=torch.float64)
    refitted = elpd.Elpd(pointwise, error, khat, pointwise.sum(), total_error)
    return LeftOut(refitted, len(made), said)


def _without(
    job: Job, x: Float[ndarray, " *X"], trial: int, starts: Float[ndarray, "S D"], seed: int
) -> Bridge | str:
    """The evidence of all trials but one; or why there is none."""
    rest = np.delete(x, trial, axis=0)
    model = job.model(rest)
    try:
        one = job.fit(model, rest, starts, seed % 2**31)
        if one.status != "ok":
            return f"without it the fit does not pass the gate: {one.status}"
        found = bridge.estimate(one.draws, model.log_density, seed)
    except (RuntimeError, ValueError) as failure:
        return str(failure)
    return found if found.status == "ok" else f"without it the bridge ends with: {found.status}"

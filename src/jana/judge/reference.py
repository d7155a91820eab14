"""Reference fits in Stan: draws, evidence and leave-one-out of one data set; what they are worth.

A fit goes into a shard of its own as soon as it is done, so that an interrupted job goes on
after it, and how data sets are shared out among jobs changes no number.
"""

import json
import math
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from ..diagnostics.c2st import c2st
from ..evidence import LARGEST_KHAT, bridge, elpd
from ..io import netcdf
from ..io.atomic import atomically
from ..io.tables import row
from ..provenance import digest, seed_of
from ..rng import generator
from ..simulators.base import Simulator
from ..stan import toolchain
from ..stan.model import Model
from ..stan.nuts import Draws, Settings, sample, sample_by_cmdstan
from ..stan.reference import PROGRAMS, Fit, Program, fit

STARTS = 1000  # prior draws among which chains find one with a density
# Most draws that leave-one-out looks at: thinned, as it takes them as independent.
PSIS_DRAWS = 4000


class Job(NamedTuple):
    """What a fit depends on beside its data.

    Attributes:
        task: Name of the simulator and of the program.
        library: Of the program, compiled.
        settings: Of the sampler.
        seed: What all seeds of the task's fits are made from.
        identity: A hash of the library and of all code and settings.
        executable: CmdStan's of the program, if that is what samples; nutpie does without.
    """

    task: str
    library: Path
    settings: Settings
    seed: int
    identity: str
    executable: Path | None = None

    def sample(self, model: Model, settings: Settings, starts: ndarray, seed: int) -> Draws:
        """NUTS by what there is."""
        if self.executable is None:
            return sample(model, settings, starts, seed)
        return sample_by_cmdstan(model, self.executable, settings, starts, seed)


def prepare(chosen: toolchain.Toolchain, program: Path, cache: Path, to: dict[str, str]) -> None:
    """Compiles a program and says with what.

    Args:
        chosen: Compiles it.
        program: A .stan file.
        cache: Folder of what has been compiled.
        to: Where the library, CmdStan's sampler (an empty file without CmdStan) and the words on
            the toolchain go.

    Raises:
        ToolchainError: If something fails; nothing is written then.
    """
    made = {"library": toolchain.library(chosen, program, cache)}
    if chosen.name == "cmdstan":
        made["sampler"] = toolchain.executable(chosen, program, cache)
    for name in ("library", "sampler"):
        with atomically(to[name]) as part:
            if name in made:
                shutil.copyfile(made[name], part)
        Path(to[name]).chmod(0o755)
    about = {"toolchain": chosen.describe(), "library": made["library"].name}
    with atomically(to["toolchain"]) as part:
        part.write_text(json.dumps(about), encoding="utf-8")


def answers(
    simulator: Simulator, x: Float[Tensor, " B *X"], draws: list[Tensor] | tuple[Tensor | None]
) -> tuple[Tensor, Tensor] | None:
    """Exact draws and log marginal likelihoods, or None where there are none."""
    if simulator.exact is None:
        return None
    return draws[0], simulator.exact.log_marginal(x.double())


def shard(
    folder: Path, job: Job, simulator: Simulator, x: Float[Tensor, " *X"], index: int
) -> xr.Dataset:
    """The fit of one data set: read where it has been made under the same settings, or made.

    Args:
        folder: Where shards lie.
        job: How to fit.
        simulator: Its prior is where chains start.
        x: The data set.
        index: Its number, which names the shard and its seeds.
    """
    path = folder / f"{index}.nc"
    identity = digest([job.identity, index, x.tolist()])
    if path.exists():
        try:
            found = netcdf.load(path)
            if found.attrs.get("identity") == identity:
                return found
        except ValueError as error:
            print(f"fitting again: {error}", flush=True)
    try:
        arrays = _fitted(job, simulator, x, seed_of(job.seed, index))
    except RuntimeError as error:  # of the sampler: the others go on, and the table says so
        print(f"data set {index} could not be fitted: {error}", flush=True)
        arrays = {"status": _number("failed")}
    folder.mkdir(parents=True, exist_ok=True)
    netcdf.save(path, {"identity": identity}, **arrays)
    return netcdf.load(path)


def _fitted(job: Job, simulator: Simulator, x: Tensor, seed: int) -> dict[str, netcdf.Array]:
    program = PROGRAMS[job.task]
    given = x.double().numpy()
    model = Model(job.library, program.data(given))
    starts = simulator.prior.sample(generator(seed), STARTS).double().numpy()
    found = fit(program, model, given, starts, job.settings, seed % 2**31, job.sample)
    evidence = bridge.estimate(found.draws, model.log_density, seed)
    arrays = {
        "theta": (("chain", "draw", "parameter"), found.theta),
        "bridge_status": _number(evidence.status),
        **{name: _number(getattr(found, name)) for name in Fit._fields[2:]},
        **{
            f"bridge_{name}": _number(getattr(evidence, name))
            for name in ("value", "error", "khat")
        },
    }
    if simulator.exchangeable:
        left_out, again = leave_one_out(job, program, model, given, starts, seed, found.draws)
        arrays |= {
            f"loo_{name}": (("trial",)[: values.ndim], values.numpy())
            for name, values in left_out._asdict().items()
        }
        arrays["loo_refits"] = _number(again)
    return arrays


def _number(value: object) -> netcdf.Array:
    return (), np.asarray(value)


def leave_one_out(
    job: Job,
    program: Program,
    model: Model,
    x: Float[ndarray, " *X"],
    starts: Float[ndarray, "S D"],
    seed: int,
    draws: Float[ndarray, "C N U"],
) -> tuple[elpd.Elpd, int]:
    """Pareto-smoothed leave-one-out; by fits that have not seen a trial where its k-hat is high.

    Where such a fit fails, or does not pass the gate, the trial's estimate and k-hat stay.

    Args:
        job: How to fit again.
        program: Of the task; generates log_lik.
        model: The program, with all trials.
        x: All trials, along the first axis.
        starts: Prior draws where chains may start.
        seed: Of what is fitted again.
        draws: Of the posterior of all trials, on unconstrained scale.

    Returns:
        The estimates, the k-hats of trials that were left out in earnest -inf, and how many
        those are.
    """
    flat = draws.reshape(-1, model.dim)
    some = flat[:: math.ceil(len(flat) / PSIS_DRAWS)]
    found = elpd.psis(torch.from_numpy(model.generated("log_lik", some, seed % 2**31)))
    again = []
    pointwise, error, khat = (part.clone() for part in found[:3])
    for trial in (found.khat > LARGEST_KHAT).nonzero().flatten().tolist():
        rest = np.delete(x, trial, axis=0)
        without = Model(job.library, program.data(rest))
        fresh_seed = seed_of(seed, trial) % 2**31
        try:
            one = fit(program, without, rest, starts, job.settings, fresh_seed, job.sample)
        except RuntimeError as failure:  # of the sampler
            print(f"trial {trial} could not be left out in earnest: {failure}", flush=True)
            continue
        if one.status != "ok":
            continue
        again.append(trial)
        theta = without.constrained(one.draws.reshape(-1, without.dim))
        # All data again: draws that they rule out give the trial no density.
        seen = torch.from_numpy(model.generated_at("log_lik", theta, seed % 2**31)[:, [trial]])
        fresh = elpd.direct(seen)
        pointwise[trial], khat[trial] = fresh.pointwise[0], -math.inf
        error[trial] = fresh.error[0] * (len(theta) / one.ess) ** 0.5
    moved = (pointwise - found.pointwise).sum()
    spread = (found.total_error**2 + (error**2 - found.error**2)[again].sum()).clamp(min=0)
    return elpd.Elpd(pointwise, error, khat, found.total + moved, spread.sqrt()), len(again)


def gathered(shards: list[xr.Dataset], indices: list[int]) -> dict[str, netcdf.Array]:
    """The fits of several data sets, side by side; NaN where one failed."""
    names = {name: shard[name] for shard in shards for name in shard.data_vars}
    arrays = {}
    for name, like in names.items():
        missing = "" if like.dtype.kind in "OUS" else np.nan
        absent = np.full(like.shape, missing)
        values = [shard[name].values if name in shard else absent for shard in shards]
        arrays[name] = (("dataset", *like.dims), np.stack(values))
    return arrays | {"index": (("dataset",), np.array(indices))}


def rows(
    labels: dict,
    found: xr.Dataset,
    exact: tuple[Float[Tensor, "B L D"], Float[Tensor, " B"]] | None,
) -> list[dict]:
    """What passed the gate and what did not; where answers are exact, how far off the fits are.

    Args:
        labels: Columns that all rows share.
        found: All fits of a task.
        exact: Draws and log marginal likelihoods of the same data sets.
    """
    table = []

    def add(metric: str, value: object, index: int, **fields: object) -> None:
        table.append(row(labels, metric, float(value), observation=index, **fields))

    for at, index in enumerate(found["index"].values.tolist()):
        one = found.isel(dataset=at)
        status = str(one["status"].item())
        add("fit_ok", status == "ok", index, setting=status)
        if status == "failed":
            continue
        for name in ("rhat", "ess", "divergences", "accept"):
            add(f"fit_{name}", one[name].item(), index)
        value, error, khat = (one[f"bridge_{n}"].item() for n in ("value", "error", "khat"))
        add("lml", value, index, error=error, setting=str(one["bridge_status"].item()), unit="nats")
        add("khat", khat, index)
        if "loo_total" in one:
            add("loo", one["loo_total"].item(), index, error=one["loo_total_error"].item())
            add("loo_khat", one["loo_khat"].max().item(), index)
            add("loo_refits", one["loo_refits"].item(), index)
        if exact is not None:
            add("lml_error", value - float(exact[1][index]), index, error=error, unit="nats")
            value = _told_apart(exact[0][index], one["theta"].values)
            add("c2st", value, index, draws=exact[0].shape[1])
    return table


def _told_apart(exact: Float[Tensor, "L D"], theta: Float[ndarray, "C N D"]) -> float:
    """C2ST against as many draws of the fit, evenly from all chains."""
    flat = theta.reshape(-1, theta.shape[2])
    chosen = np.linspace(0, len(flat) - 1, len(exact)).round().astype(int)
    return float(c2st(exact[None], torch.from_numpy(flat[chosen]).to(exact)[None])[0])

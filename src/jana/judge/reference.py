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
from ..evidence import bridge
from ..io import netcdf
from ..io.atomic import atomically
from ..io.tables import row
from ..provenance import digest, seed_of
from ..rng import generator
from ..simulators.base import Simulator
from ..stan import toolchain
from ..stan.job import Job, leave_one_out
from ..stan.reference import Fit
from .loo import exact as exact_left_out

FAILED = "failed"
STARTS = 1000  # prior draws among which chains find one with a density


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
    made = {"library": toolchain.shared_library(chosen, program, cache)}
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


class Answers(NamedTuple):
    """What is known of the data sets that are fitted, exactly.

    Attributes:
        draws: Of their posteriors.
        log_marginal: log p(x) of each.
        left_out: The sum of each one's leave-one-out densities, where trials are exchangeable.
    """

    draws: Float[Tensor, "B L D"]
    log_marginal: Float[Tensor, " B"]
    left_out: Float[Tensor, " B"] | None


def answers(
    simulator: Simulator, x: Float[Tensor, " B *X"], draws: list[Tensor] | tuple[Tensor | None]
) -> Answers | None:
    """The exact answers, or None where there are none."""
    if simulator.exact is None:
        return None
    left_out = exact_left_out(simulator, x).sum(-1) if simulator.exchangeable else None
    return Answers(draws[0], simulator.exact.log_marginal(x.double()), left_out)


def shard(
    folder: Path, job: Job, simulator: Simulator, x: Float[Tensor, " *X"], index: int
) -> xr.Dataset:
    """The fit of one data set: read where it has been made under the same settings, or made.

    One that failed is tried again.

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
            if found.attrs.get("identity") == identity and found["status"].item() != FAILED:
                return found
        except ValueError as error:
            print(f"fitting again: {error}", flush=True)
    arrays, said = _fitted(job, simulator, x, seed_of(job.seed, index))
    for line in said:
        print(f"data set {index}: {line}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    netcdf.save(path, {"identity": identity, "said": "\n".join(said)}, **arrays)
    return netcdf.load(path)


def _fitted(
    job: Job, simulator: Simulator, x: Tensor, seed: int
) -> tuple[dict[str, netcdf.Array], list[str]]:
    """All that is known of one posterior, and what went wrong, in words.

    What one step can't do costs no other step's result. Data that do not fit the program are not
    caught: they fit none of the task's data sets.
    """
    given = x.double().numpy()
    model = job.model(given)
    starts = simulator.prior.sample(generator(seed), STARTS).double().numpy()
    try:
        found = job.fit(model, given, starts, seed % 2**31)
    except (RuntimeError, ValueError) as error:  # of the sampler
        return {"status": _text(FAILED)}, [f"it could not be fitted: {error}"]
    arrays = {
        "theta": (("chain", "draw", "parameter"), found.theta),
        **_numbers("", {name: getattr(found, name) for name in Fit._fields[2:-1]}),
        "status": _text(found.status),
    }
    try:
        evidence = bridge.estimate(found.draws, model.log_density, seed)
    except ValueError as error:
        said = f"there is no evidence: {error}"
        return arrays | {"bridge_status": _text(FAILED)}, [said]
    numbers = {name: getattr(evidence, name) for name in ("value", "error", "khat")}
    arrays |= {"bridge_status": _text(evidence.status)} | _numbers("bridge_", numbers)
    if not simulator.exchangeable:
        return arrays, []
    try:
        left_out = leave_one_out(job, model, given, starts, seed, found.draws, evidence)
    except ValueError as error:
        return arrays, [f"no trial could be left out: {error}"]
    for name, values in left_out.elpd._asdict().items():
        arrays[f"loo_{name}"] = (("trial",)[: values.ndim], values.numpy())
    return arrays | _numbers("loo_", {"refits": left_out.refits}), left_out.said


def _text(value: str) -> netcdf.Array:
    return (), np.asarray(value)


def _numbers(prefix: str, found: dict[str, float]) -> dict[str, netcdf.Array]:
    """Numbers; those that are NaN are left out, as a file that holds nothing else is refused."""
    return {
        f"{prefix}{name}": ((), np.asarray(float(value)))
        for name, value in found.items()
        if not math.isnan(value)
    }


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


def messages(shards: list[xr.Dataset], indices: list[int]) -> str:
    """What went wrong, by data set, as JSON."""
    said = {index: one.attrs["said"] for index, one in zip(indices, shards, strict=True)}
    return json.dumps({index: text for index, text in said.items() if text})


def rows(labels: dict, found: xr.Dataset, exact: Answers | None) -> list[dict]:
    """What passed the gate and what did not; where answers are exact, how far off the fits are.

    Args:
        labels: Columns that all rows share.
        found: All fits of a task.
        exact: Of the same data sets.
    """
    return [
        line
        for at, index in enumerate(found["index"].values.tolist())
        for line in _rows(labels | {"observation": index}, found.isel(dataset=at), index, exact)
    ]


def _rows(labels: dict, one: xr.Dataset, index: int, exact: Answers | None) -> list[dict]:
    status = str(one["status"].item())
    table = [row(labels, "fit_ok", float(status == "ok"), setting=status)]
    if status == FAILED:
        return table
    labels = labels | {"draws": one["theta"].size // one["theta"].shape[-1]}
    bridged = str(one["bridge_status"].item())
    of_evidence = {"error": _number(one, "bridge_error"), "setting": bridged, "unit": "nats"}
    of_loo = {"error": _number(one, "loo_total_error"), "unit": "nats"}
    for name in ("rhat", "ess", "divergences", "accept"):
        table.append(row(labels, f"fit_{name}", _number(one, name)))
    table.append(row(labels, "bridge_ok", float(bridged == "ok"), setting=bridged))
    table.append(row(labels, "lml", _number(one, "bridge_value"), **of_evidence))
    table.append(row(labels, "khat", _number(one, "bridge_khat")))
    if "loo_total" in one:
        table.append(row(labels, "loo", one["loo_total"].item(), **of_loo))
        table.append(row(labels, "loo_khat", one["loo_khat"].max().item()))
        table.append(row(labels, "loo_refits", one["loo_refits"].item()))
    if exact is not None:
        off = _number(one, "bridge_value") - float(exact.log_marginal[index])
        table.append(row(labels, "lml_error", off, **of_evidence))
        table.append(_told_apart(labels, exact.draws[index], one["theta"].values))
        if exact.left_out is not None and "loo_total" in one:
            off = one["loo_total"].item() - float(exact.left_out[index])
            table.append(row(labels, "loo_error", off, **of_loo))
    return [line for line in table if not math.isnan(line["value"])]


def _number(one: xr.Dataset, name: str) -> float:
    return float(one[name].item()) if name in one else math.nan


def _told_apart(labels: dict, exact: Float[Tensor, "L D"], theta: Float[ndarray, "C N D"]) -> dict:
    """C2ST of as many exact draws and draws of the fit, evenly from all chains, none twice."""
    flat = theta.reshape(-1, theta.shape[2])
    number = min(len(exact), len(flat))
    chosen = np.linspace(0, len(flat) - 1, number).round().astype(int)
    score = c2st(exact[None, :number], torch.from_numpy(flat[chosen]).to(exact)[None])
    return row(labels | {"draws": number}, "c2st", float(score[0]))

"""A run of one method in the comparison: its answers against exact ones."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from ..diagnostics.c2st import c2st
from ..diagnostics.densities import divergence, mean
from ..diagnostics.mmd import mmd2
from ..diagnostics.root_mmd import root_mmd
from ..io.tables import row
from ..provenance import seed_of
from ..rng import generator
from ..simulators.base import Simulator
from .known import ROOT_MMD, Known
from .samples import scores, shapes, share_error

MOST_PERMUTED = 2000  # draws that a permutation test looks at, to bound its memory
NOTES = {  # numbers of a run, and their units
    "train_seconds": "s",
    "train_cpu_seconds": "s",
    "simulations": "",
    "epochs": "epochs",
    "capped": "",
    "pooling": "",
    "likelihood_updates": "steps",
    "hot_updates": "steps",
    "posterior_updates": "steps",
    "skipped": "steps",
    "failed_seconds": "s",
}
Found = dict[str, Tensor]  # the arrays of a run, by name


def rows(
    labels: dict, status: str, found: Found, known: Known, simulator: Simulator, seed: int
) -> list[dict]:
    """All rows of one run; of a failed one its status and how long it took.

    Args:
        labels: Columns that all rows share; `method` is that of its first kind of draws.
        status: "ok", or what went wrong.
        found: Its arrays.
        known: Exact answers.
        simulator: The task.
        seed: Of permutations.
    """
    made = [row(labels, "run_ok", float(status == "ok"), quantity=status)]
    for name, unit in NOTES.items():
        if name in found:
            made.append(row(labels, name, float(found[name]), unit=unit))
    if status != "ok":
        return made
    made += _density_rows(labels, found, known, simulator)
    for name in [key.removeprefix("first_") for key in found if key.startswith("first_")]:
        made += _draw_rows(labels | {"method": name}, found, known, simulator, seed)
    return made


def _draw_rows(
    labels: dict, found: Found, known: Known, simulator: Simulator, seed: int
) -> Iterator[dict]:
    """Of one kind of draws."""
    name = labels["method"]
    first = found[f"first_{name}"]
    at_origin = labels | {"observation": 0}
    rng = generator(seed_of(seed, name))
    yield from _sample_rows(rng, at_origin | {"quantity": "posterior"}, known.first, first)
    if f"predictive_{name}" in found:
        made = found[f"predictive_{name}"]
        yield from _sample_rows(rng, at_origin | {"quantity": "predictive"}, known.data, made)
    many = found.get(f"many_{name}", first)
    if len(many) > len(first):
        yield from scores(at_origin | {"quantity": "posterior"}, known.many[: len(many)], many)
    yield from shapes(at_origin, many, known.x[:1], simulator)
    for key, metric in (("outside", "outside_proposals"), ("refined", "refined")):
        if f"{key}_{name}" in found:
            yield row(at_origin, metric, float(found[f"{key}_{name}"]))
    for metric in ("draw_seconds", "draw_cpu_seconds"):
        seconds = float(found[f"{metric}_{name}"])
        yield row(at_origin | {"draws": len(first)}, metric, seconds, unit="s")
    if f"other_{name}" in found:
        fields = labels | {"quantity": "posterior"}
        yield from _other_rows(rng, fields, known.other, found[f"other_{name}"])
    if f"others_refined_{name}" in found:
        yield row(labels, "refined", float(found[f"others_refined_{name}"].mean()))


def _sample_rows(
    rng: torch.Generator, labels: dict, exact: Float[Tensor, "L D"], ours: Float[Tensor, "L D"]
) -> Iterator[dict]:
    """Distances of a sample from an exact one."""
    fields = labels | {"draws": len(ours)}
    for kernel, metric in ROOT_MMD.items():
        yield row(fields, metric, float(root_mmd(exact, ours[None], kernel)))
    found = mmd2(rng, exact[None], ours[None])
    yield row(fields, "mmd2", float(found.value))
    yield row(fields, "mmd_pvalue", float(found.p_value))
    yield from scores(labels, exact, ours)


def _other_rows(
    rng: torch.Generator,
    labels: dict,
    exact: Float[Tensor, "B K D"],
    ours: Float[Tensor, "B K D"],
) -> Iterator[dict]:
    """Of the other observations, which are counted from 1."""
    n, few = exact.shape[1], min(MOST_PERMUTED, exact.shape[1])
    for index, value in enumerate(c2st(exact, ours).tolist(), start=1):
        error = share_error(value, 2 * n)
        yield row(labels, "c2st", value, error=error, observation=index, draws=n)
    found = mmd2(rng, exact[:, :few], ours[:, :few])
    for metric, values in (("mmd2", found.value), ("mmd_pvalue", found.p_value)):
        for index, value in enumerate(values.tolist(), start=1):
            yield row(labels, metric, value, observation=index, draws=few)


def _density_rows(labels: dict, found: Found, known: Known, simulator: Simulator) -> Iterator[dict]:
    """Held-out losses and divergences of the densities that the method has."""
    exact = {"posterior": simulator.answers().log_posterior, "likelihood": simulator.log_likelihood}
    for part, log_density in exact.items():
        if f"log_{part}" in found:
            ours = found[f"log_{part}"]
            truth = log_density(known.theta, known.theta_x)
            for metric, score in (("nll", mean(-ours)), ("kl", divergence(truth, ours))):
                fields = {"error": score.error, "unit": "nats"}
                yield row(labels, f"{metric}_{part}", score.value, **fields)

"""A run of one method in the comparison: its answers against exact ones."""

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from ..diagnostics.c2st import c2st
from ..diagnostics.densities import divergence, mean, share_outside
from ..diagnostics.mmd import mmd2
from ..diagnostics.root_mmd import root_mmd
from ..io.tables import row
from ..provenance import seed_of
from ..rng import generator
from ..simulators.base import Simulator
from .known import ROOT_MMD, Known

NOTES = {  # numbers of a run, and their units
    "train_seconds": "s",
    "train_cpu_seconds": "s",
    "simulations": "",
    "epochs": "epochs",
    "pooling": "",
    "likelihood_updates": "steps",
    "posterior_updates": "steps",
    "failed_seconds": "s",
}
Found = dict[str, Tensor]  # the arrays of a run, by name


def rows(
    labels: dict, status: str, found: Found, known: Known, simulator: Simulator, seed: int
) -> list[dict]:
    """All rows of one run; of a failed one its status alone.

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
        yield from _scores(at_origin | {"quantity": "posterior"}, known.many[: len(many)], many)
    yield from _shape_rows(at_origin | {"draws": len(many)}, many, known, simulator)
    if f"outside_{name}" in found:
        yield row(at_origin, "outside_proposals", float(found[f"outside_{name}"]))
    seconds = float(found[f"draw_seconds_{name}"])
    yield row(at_origin | {"draws": len(first)}, "draw_seconds", seconds, unit="s")
    if f"other_{name}" in found:
        fields = labels | {"quantity": "posterior"}
        yield from _other_rows(rng, fields, known.other, found[f"other_{name}"])


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
    yield from _scores(labels, exact, ours)


def _scores(
    labels: dict, exact: Float[Tensor, "L D"], ours: Float[Tensor, "L D"]
) -> Iterator[dict]:
    """C2ST; its error is that of a share of 2 L draws."""
    value = float(c2st(exact[None], ours[None]))
    error = math.sqrt(value * (1 - value) / (2 * len(ours)))
    yield row(labels | {"draws": len(ours)}, "c2st", value, error=error)


def _shape_rows(
    labels: dict, draws: Float[Tensor, "L D"], known: Known, simulator: Simulator
) -> Iterator[dict]:
    """Where draws lie: on which mode, on none, outside the prior's support."""
    modes = simulator.mode(draws, known.x[:1])
    for mode in (0, 1):
        share = float((modes == mode).double().mean())
        error = math.sqrt(share * (1 - share) / len(draws))
        yield row(labels, "mode_share", share, error=error, quantity=f"mode {mode + 1}")
    yield row(labels, "off_modes", float((modes < 0).double().mean()))
    yield row(labels, "outside_support", share_outside(simulator.prior.log_prob(draws)))


def _other_rows(
    rng: torch.Generator,
    labels: dict,
    exact: Float[Tensor, "B K D"],
    ours: Float[Tensor, "B K D"],
) -> Iterator[dict]:
    """Of the other observations, which are counted from 1."""
    at_first = 2000  # draws that the permutation test looks at, to bound its memory
    found = mmd2(rng, exact[:, :at_first], ours[:, :at_first])
    scores = {"c2st": (c2st(exact, ours), exact.shape[1])}
    scores |= {
        name: (values, min(at_first, exact.shape[1]))
        for name, values in (("mmd2", found.value), ("mmd_pvalue", found.p_value))
    }
    for metric, (values, draws) in scores.items():
        for index, value in enumerate(values.tolist(), start=1):
            yield row(labels, metric, value, observation=index, draws=draws)


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

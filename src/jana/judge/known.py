"""What a method's answers are held against in the comparison: exact draws, and more of them."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ..diagnostics.c2st import c2st
from ..diagnostics.mmd import mmd2
from ..diagnostics.root_mmd import Kernel, root_mmd
from ..io.tables import row
from ..provenance import seed_of
from ..rng import generator
from ..simulators.base import Simulator
from .samples import scores, shapes

# By kernel: what the paper's distance is called.
ROOT_MMD: dict[Kernel, str] = {
    "gaussian": "root_mmd",
    "inverse_multiquadratic": "root_mmd_inverse_multiquadratic",
}


class Sizes(NamedTuple):
    """How much is drawn.

    Attributes:
        draws: Of the first posterior.
        many: Of the first posterior, for what needs more.
        others: Observations beside the first.
        each: Draws of each of their posteriors.
        referenced: The same where the observations are a published reference's.
        floor: Further samples of the first posterior: what exact draws score.
        held_out: Pairs for log densities.
    """

    draws: int
    many: int
    others: int
    each: int
    referenced: int
    floor: int
    held_out: int


class Known(NamedTuple):
    """Exact answers; those of observation 0, which is the origin, with samples of as many draws.

    Attributes:
        x: Observations.
        first: Draws of observation 0.
        data: A data set simulated at each of them: the posterior predictive.
        many: More draws of it.
        more: As many again: what exact draws score.
        other: Draws of the other observations.
        floor: Samples like `first`, none of whose draws is in another.
        floor_data: Samples like `data`.
        theta: Held-out parameters.
        theta_x: Their data.
    """

    x: Float[Tensor, "O X"]
    first: Float[Tensor, "L D"]
    data: Float[Tensor, "L X"]
    many: Float[Tensor, "P D"]
    more: Float[Tensor, "P D"]
    other: Float[Tensor, "B K D"]
    floor: Float[Tensor, "F L D"]
    floor_data: Float[Tensor, "F L X"]
    theta: Float[Tensor, "T D"]
    theta_x: Float[Tensor, "T X"]


AXES = {  # of the arrays of a file
    "x": ("observation", "coordinate"),
    "first": ("draw", "parameter"),
    "data": ("draw", "coordinate"),
    "many": ("many_draw", "parameter"),
    "more": ("many_draw", "parameter"),
    "other": ("other_observation", "other_draw", "parameter"),
    "floor": ("sample", "draw", "parameter"),
    "floor_data": ("sample", "draw", "coordinate"),
    "theta": ("pair", "parameter"),
    "theta_x": ("pair", "coordinate"),
}


def known(seed: int, simulator: Simulator, sizes: Sizes) -> Known:
    """Draws everything; the other observations are the reference's, as many as it has, if any."""
    draw, rngs = simulator.answers().sample, {n: generator(seed_of(seed, n)) for n in AXES}
    x, each = _others(seed, simulator, sizes)
    origin = torch.zeros(1, x.shape[1])
    first = draw(rngs["first"], origin, sizes.draws)[0]
    floor = draw(rngs["floor"], origin, sizes.floor * sizes.draws)[0]
    shape = (sizes.floor, sizes.draws)
    held_out = simulator.draw(rngs["theta"], sizes.held_out)
    return Known(
        torch.cat([origin, x]),
        first,
        simulator.simulate(rngs["data"], first),
        *(draw(rngs[name], origin, sizes.many)[0] for name in ("many", "more")),
        draw(rngs["other"], x, each),
        floor.unflatten(0, shape),
        simulator.simulate(rngs["floor_data"], floor).unflatten(0, shape),
        *held_out,
    )


def _others(seed: int, simulator: Simulator, sizes: Sizes) -> tuple[Float[Tensor, "B X"], int]:
    """Other observations, and how many draws each gets."""
    if simulator.reference is not None:
        return simulator.reference.observed()[: sizes.others], sizes.referenced
    return simulator.draw(generator(seed_of(seed, "x")), sizes.others).x, sizes.each


def rows(labels: dict, found: Known, simulator: Simulator, seed: int, judged: int) -> list[dict]:
    """What exact draws score by every metric: the floor, a sample a seed.

    Args:
        labels: Columns that all rows share.
        found: From `known`.
        simulator: The task.
        seed: Of permutations.
        judged: How many samples C2ST and the unbiased MMD look at.
    """
    labels = labels | {"method": "exact", "observation": 0}
    made = [*shapes(labels, found.more, found.x[:1], simulator)]
    if len(found.many) > len(found.first):
        made += scores(labels | {"quantity": "posterior"}, found.many, found.more, seed=0)
    labels["draws"] = len(found.first)
    pairs = {
        "posterior": (found.first, found.floor),
        "predictive": (found.data, found.floor_data),
    }
    for quantity, (reference, samples) in pairs.items():
        fields = labels | {"quantity": quantity}
        made += [
            row(fields, metric, value, seed=index)
            for kernel, metric in ROOT_MMD.items()
            for index, value in enumerate(root_mmd(reference, samples, kernel).tolist())
        ]
        some = samples[:judged]
        first = reference.expand(len(some), *reference.shape)
        unbiased = mmd2(generator(seed_of(seed, quantity)), first, some)
        judged_by = {"mmd2": unbiased.value, "mmd_pvalue": unbiased.p_value}
        made += [
            row(fields, metric, value, seed=index)
            for metric, values in ({"c2st": c2st(first, some)} | judged_by).items()
            for index, value in enumerate(values.tolist())
        ]
    return made

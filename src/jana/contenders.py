"""Which methods are compared: from a configuration entry to a method of `baselines`."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from . import recipes
from .baselines.calls import Sampler, Schedule, ready
from .baselines.method import Method
from .baselines.nle import Nle
from .baselines.npe import Npe
from .baselines.nre import Nre
from .baselines.ours import Jana
from .baselines.snpla import Snpla, Steps
from .baselines.snvi import Snvi, Variational
from .designs import Design, FlowSettings
from .joint import Joint
from .simulators.base import Draws, Prior, Simulator

# Settings that are entries of their own.
PARTS: dict[str, Callable[..., Any]] = {
    "training": Schedule,
    "sampler": Sampler,
    "variational": Variational,
    "likelihood": Steps,
    "hot": Steps,
    "posterior": Steps,
}
OTHERS: dict[str, Callable[..., Method]] = {
    "npe": Npe,
    "nle": Nle,
    "nre": Nre,
    "snvi": Snvi,
}


def contender(entry: dict, name: str, simulator: Simulator, x_shape: tuple[int, ...]) -> Method:
    """The method that an entry of `comparison.methods` describes.

    Args:
        entry: `by`, and `settings`.
        name: What it is called in the tables.
        simulator: The task.
        x_shape: Of one data set.
    """
    by, settings = entry["by"], entry["settings"]
    if by == "jana":
        return _jana(settings, name, simulator)
    given = {key: PARTS[key](**value) if key in PARTS else value for key, value in settings.items()}
    if by == "snpla":
        return _snpla(given | {"name": name}, simulator, x_shape)
    ready()
    return OTHERS[by](name=name, **given)


def _jana(settings: dict, name: str, simulator: Simulator) -> Jana:
    """Ours, of one of `designs`."""
    design = Design.from_config(settings["design"])

    def build(pairs: Draws, seed: int) -> Joint:
        return recipes.untrained(design, simulator, pairs, [seed])

    def pool(model: Joint, seed: int, *watched: Any) -> None:
        recipes.choose_pooling(model, design, simulator, [seed], *watched)

    return Jana(name, design.training, settings["proposals"], build, pool)


def _snpla(settings: dict, simulator: Simulator, x_shape: tuple[int, ...]) -> Snpla:
    """SNPLA, both of whose flows have the same shape."""
    flow = FlowSettings.from_config(settings.pop("flow"))
    return Snpla(build=partial(_pair, flow, simulator.prior, x_shape), **settings)


def _pair(flow: FlowSettings, prior: Prior, x_shape: tuple[int, ...], seed: int) -> Joint:
    """A flow over the parameters given the data, and one the other way."""
    edge = torch.full((math.prod(x_shape),), torch.inf)
    theta, x = (prior.low, prior.high), (-edge, edge)
    posterior, likelihood = (
        recipes.build_flow(recipes.generators([seed], "weights", part), flow, *ends)
        for part, ends in (("posterior", (theta, x)), ("likelihood", (x, theta)))
    )
    return Joint(posterior, likelihood, x_shape)

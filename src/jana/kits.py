"""Flows from the settings of a design."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

from .designs import FlowSettings
from .flows.base import Normal, StudentT
from .flows.capped import Capped
from .flows.coupling import Coupling, Elementwise
from .flows.dummied import Dummied
from .flows.flow import Flow
from .flows.gaussian import Gaussian
from .flows.mixing import ActNorm, Mixing, Permutation
from .flows.published import CLAMPED_AFFINE, FreeSpline, Rotation, Scale
from .flows.spline import Spline
from .flows.support import Support
from .flows.warps import Affine
from .networks.mlp import Style
from .networks.standardize import Standardize
from .provenance import seed_of
from .rng import generator

# What each kind of layer is called in a design's `warps`, and the settings it takes.
KITS = {
    "own": {
        "warps": {"A": lambda net: Affine(), "S": lambda net: Spline(net.bins, net.bound)},
        "norm": ActNorm,
        "mixings": {"none": (), "permutation": (Permutation,), "learned": (Permutation, Mixing)},
    },
    "published": {
        "warps": {
            "A": lambda net: CLAMPED_AFFINE,
            "S": lambda net: FreeSpline(net.bins, net.bound),
        },
        "norm": Scale,
        "mixings": {"none": (), "permutation": (Permutation,), "learned": (Rotation,)},
    },
}


def build_flow(
    rngs: Sequence[Generator],
    settings: FlowSettings,
    target: tuple[Tensor, Tensor],
    given: tuple[Tensor, Tensor],
    capped: int | None = None,
    circular: Sequence[int] = (),
) -> Flow:
    """A flow that starts as its regression, or its scaling, alone.

    Args:
        rngs: One generator per member.
        settings: Of the flow.
        target: Bounds (D,) of what it is a density of.
        given: Bounds (C,) of its context.
        capped: Which coordinate the last number of the context is the upper bound of, if any.
        circular: Places of the target's coordinates that are angles.
    """
    if settings.dummy:
        more = target[0].new_tensor([torch.inf])
        target = torch.cat([target[0], -more]), torch.cat([target[1], more])
    kit, dim, context = KITS[settings.kit], len(target[0]), len(given[0])
    edge = torch.full((dim,), torch.inf)
    bounds = (*target, context, circular) if settings.bounded else (-edge, edge, context)
    support = Support(*bounds)
    layers: list[nn.Module] = []
    for index, letter in enumerate(settings.warps):
        net, how = settings.nets[letter], style(settings, letter)
        told = context + support.n_edges
        if letter == "G" and not told:  # nothing to tell it: whitening has done its work already
            continue
        if settings.act_norm:
            layers.append(kit["norm"](rngs, dim))
        if dim > 1 and (index or settings.kit == "published"):
            layers += [mixing(rngs, dim) for mixing in kit["mixings"][settings.mixing]]
        if letter == "G":
            layers.append(Gaussian(rngs, dim, told, how))
            continue
        core = Coupling if dim > 1 else Elementwise
        layers.append(core(rngs, dim, told, kit["warps"][letter](net), how))
    base = Normal() if settings.latent_df is None else StudentT(settings.latent_df)
    raw = torch.full((context,), torch.inf)
    standardize = Standardize(*(given if settings.start == "regression" else (-raw, raw)))
    parts = support, standardize, layers, base
    flow = Capped(*parts, capped) if capped is not None else _plain(settings)(*parts)
    flow.alone = settings.start == "scale"
    if settings.start == "none":
        flow.rescale(settings.scale, settings.context_scale)
    return flow


def _plain(settings: FlowSettings) -> type[Flow]:
    return Dummied if settings.dummy else Flow


def style(settings: FlowSettings, letter: str) -> Style:
    """Of the networks of one kind of coupling."""
    net, start = settings.nets[letter], {"own": "kaiming", "published": "glorot"}[settings.kit]
    return Style(net.hidden, settings.activation, start, net.dropout, net.decay)


def generators(seeds: Sequence[int], *name: object) -> list[Generator]:
    """One generator per member, for the purpose that `name` says."""
    return [generator(seed_of(seed, *name)) for seed in seeds]

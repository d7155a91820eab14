"""NUTS on prior * likelihood network, from where the posterior network says that it is.

What a sampler has to find out in its warm-up, the place and the widths of a posterior, the
posterior network knows beforehand. It is not believed: chains leave it, learn their own scales,
and R-hat says whether they agree.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from ..flows.response import Response
from ..joint import Joint
from ..mcmc import nuts
from ..mcmc.adaptation import measured
from ..mcmc.course import Density
from ..simulators import check
from ..simulators.base import Simulator
from . import charts
from .draws import posterior_draws

MEASURED = 500  # draws of the posterior network that tell the scales


class Sampled(NamedTuple):
    """Chains of each member's posterior of each data set.

    Attributes:
        draws: Parameters.
        accept: Mean acceptance of each transition.
        diverged: Which transitions lost their energy.
        steps: Gradients that each transition took.
        seconds: Wall time of all together.
    """

    draws: Float[Tensor, "M B C N D"]
    accept: Float[Tensor, "M B C N"]
    diverged: Bool[Tensor, "M B C N"]
    steps: Int[Tensor, "M B C N"]
    seconds: Float[Tensor, ""]


def sampled(
    model: Joint,
    rngs: Sequence[Sequence[Generator]],
    simulator: Simulator,
    x: Float[Tensor, " B *X"],
    settings: nuts.Settings,
) -> Sampled:
    """Chains of prior * likelihood network, for every member and data set.

    Args:
        model: The pair, in use and not in training.
        rngs: For each data set, one generator per member.
        simulator: Whose prior it is.
        x: Data sets; response times as `responses.signed` makes them.
        settings: How many chains of each, and how to sample.

    Raises:
        ValueError: If a data set cannot be of the simulator, or a chain has nowhere to start.
    """
    begun, edges = time.perf_counter(), boxes(simulator, x)
    many = settings.chains + MEASURED
    rows = zip(rngs, x, zip(*edges, strict=True), strict=True)
    near = [starts(model, each, simulator, one, box, many) for each, one, box in rows]
    near = torch.stack(near, 1).flatten(0, 1)  # member by member, as `log_joint` has targets
    low, high = (edge.repeat(model.members, 1) for edge in edges)
    chart = charts.stacked([charts.fitted(*one) for one in zip(low, high, near, strict=True)])
    free = charts.outside(near.flatten(0, 1), _each(chart, near.shape[1])).view_as(near)
    density = log_joint(model, simulator, x, chart)
    own = [each[member] for member in range(model.members) for each in rngs]
    scales = measured(free[:, settings.chains :])
    run = nuts.sample(own, density, free[:, : settings.chains], scales, settings)
    draws = run.draws.flatten(0, 2)
    theta = charts.inside(draws, _each(chart, settings.chains * settings.draws))[0]
    found = theta.view_as(run.draws), run.accept, run.diverged, run.steps
    parts = (part.unflatten(0, (model.members, len(x))) for part in found)
    return Sampled(*parts, torch.tensor(time.perf_counter() - begun))


def starts(
    model: Joint,
    rngs: Sequence[Generator],
    simulator: Simulator,
    x: Float[Tensor, " *X"],
    box: tuple[Float[Tensor, " D"], Float[Tensor, " D"]],
    n: int,
) -> Float[Tensor, "M L D"]:
    """`n` places within the bounds of a data set's parameters, for each member.

    They are draws of the posterior network: where chains may start, and what tells their scales.
    Those of a network that knows no bounds may lie outside: draws of the prior stand for these.

    Args:
        model: The pair.
        rngs: One generator per member.
        simulator: Whose prior it is.
        x: A data set alone, so that its draws do not depend on what stands beside it.
        box: Its bounds, of `boxes`.
        n: How many.
    """
    (x,) = model.shared(x[None].float())
    near = posterior_draws(model, rngs, x, n).draws[:, 0].double()
    inside = ((near > box[0]) & (near < box[1])).all(-1)
    if inside.all():
        return near
    others = torch.stack([_of_prior(rng, simulator, box, n) for rng in rngs])
    return torch.where(inside[..., None], near, others)


def _of_prior(rng: Generator, simulator: Simulator, box: tuple[Tensor, Tensor], n: int) -> Tensor:
    """Draws of the prior; a coordinate that the data rule out is uniform between its bounds."""
    low, high = box
    theta = simulator.prior.sample(rng, n).double()
    share = torch.rand(theta.shape, generator=rng, dtype=theta.dtype)
    return torch.where((theta > low) & (theta < high), theta, low + share * (high - low))


def _each(chart: charts.Chart, many: int) -> charts.Chart:
    return chart.of(torch.arange(len(chart.low)).repeat_interleave(many))


def boxes(
    simulator: Simulator, x: Float[Tensor, " B *X"]
) -> tuple[Float[Tensor, "B D"], Float[Tensor, "B D"]]:
    """Bounds of the parameters by data set: the prior's, and that of a shift by the least time.

    Raises:
        ValueError: If a data set has no trial, numbers that are not finite, or a response time
            below all shifts of the prior.
    """
    low, high = (
        edge.double().expand(len(x), -1).clone()
        for edge in (simulator.prior.low, simulator.prior.high)
    )
    if simulator.exchangeable:
        check.observed(x)
    if simulator.x_shift is not None:
        check.above_shift(float(simulator.prior.low[simulator.x_shift]), x)
        least = x.abs().amin((1, 2)).double()
        high[:, simulator.x_shift] = torch.minimum(high[:, simulator.x_shift], least)
    return low, high


def log_joint(
    model: Joint, simulator: Simulator, x: Float[Tensor, " B *X"], chart: charts.Chart
) -> Density:
    """log prior + log likelihood on the whole space, by place and target.

    Args:
        model: The pair.
        simulator: Whose prior it is.
        x: Data sets.
        chart: Of each target: all data sets of the first member, then of the second, ...
    """
    x, members = x.double(), [model.member(at) for at in range(model.members)]

    def density(u: Float[Tensor, "R D"], which: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
        theta, log_det = charts.inside(u, chart.of(which))
        data, member = x[which % len(x)], which // len(x)
        found = torch.zeros_like(log_det)
        for at, one in enumerate(members):
            if (rows := (member == at).nonzero().flatten()).numel():
                found = found.index_add(0, rows, log_likelihood(one, theta[rows], data[rows]))
        return simulator.prior.log_prob(theta) + found + log_det

    return density


def log_likelihood(
    model: Joint, theta: Float[Tensor, "R D"], x: Float[Tensor, " R *X"]
) -> Float[Tensor, " R"]:
    """log q(x | theta) of a pair of one member, row by row, in nats; with a gradient.

    Taken and given in double precision, and where kernels have it, computed in it.
    """
    device = next(model.parameters()).device
    theta, x = theta[None].to(device), x[None].to(device)
    if isinstance(model.likelihood, Response):
        found = model.likelihood.log_prob_of_sets(theta, x)
    else:
        found = model.log_likelihood(theta.float(), x.float())
    return found[0].double().cpu()

"""The likelihood network in PyMC models: an operation with a gradient, and a ready-made model.

with pm.Model():
    ...  # priors, among them t0 below the shortest time
    theta = pt.stack([v, a, t0, w])
    pm.Potential("likelihood", LogLikelihood(network, x)(theta)[0])
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import torch
from jaxtyping import Float
from numpy import ndarray
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from torch import Generator, Tensor

from ..flows.response import Response
from ..flows.single import Single, takes
from ..inference import charts
from ..inference.chains import boxes, log_likelihood, starts
from ..joint import Joint
from ..mcmc.nuts import Settings
from ..simulators import responses
from ..simulators.base import Simulator
from .cut_off import CutOff

MEASURED = 500  # draws of the posterior network that tell the scales
DEFAULT = Settings(accept=0.9)


class LogLikelihood(Op):
    """Parameters (D,) to log q(x | theta), in nats, and to its gradient (D,).

    Both are computed at once, and a graph that asks for the value and for its gradient, as NUTS
    does, asks this operation once. Where a response time is not above the shift, the value is -inf
    and the gradient 0.

    Args:
        model: A pair of networks, in use and not in training.
        x: A data set.
        member: Whose likelihood.
    """

    __props__ = ()
    itypes = (pt.dvector,)
    otypes = (pt.dscalar, pt.dvector)

    def __init__(self, model: Joint, x: Float[Tensor, " *X"], member: int = 0):
        one, x = model.member(member), x.double()
        fast = isinstance(one.likelihood, Response) and takes(one.likelihood)
        self.at = Single(one.likelihood, x) if fast else _by_tensors(one, x)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def perform(self, node: Apply, inputs: Sequence[ndarray], outputs: list[list[Any]]) -> None:
        """The value and the gradient at one place."""
        value, outputs[1][0] = self.at(inputs[0])
        outputs[0][0] = np.asarray(value)

    def grad(self, inputs: Sequence[Variable], output_grads: Sequence[Variable]) -> list[Variable]:
        """Of the value; the gradient's own gradient there is none of.

        Raises:
            NotImplementedError: If that is asked for.
        """
        by_value, by_slope = output_grads
        if not isinstance(by_slope.type, DisconnectedType):
            raise NotImplementedError("the likelihood network has no second derivatives here")
        return [by_value * self(*inputs)[1]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """The theta matters to both."""
        return [[True, True]]


def _by_tensors(
    model: Joint, x: Float[Tensor, " *X"]
) -> Callable[[ndarray], tuple[float, ndarray]]:
    """Of likelihood networks that no faster way is known for."""

    def at(place: ndarray) -> tuple[float, ndarray]:
        theta = torch.tensor(place)[None].requires_grad_()
        with torch.enable_grad():
            value = log_likelihood(model, theta, x[None])
            (slope,) = torch.autograd.grad(value.sum(), theta)
        return value.item(), slope[0].numpy()

    return at


class Ready(NamedTuple):
    """A model, and how the posterior network says to sample it.

        with found.model:
            pm.sample(step=found.step, initvals=found.starts, chains=len(found.starts))

    Attributes:
        model: Of one variable, theta, with all parameters.
        step: NUTS in the posterior network's scales.
        starts: Where each chain begins.
    """

    model: pm.Model
    step: pm.NUTS
    starts: list[dict[str, ndarray]]


def response_times(
    network: Joint,
    rng: Generator,
    simulator: Simulator,
    data: tuple[Float[Tensor, " T"], Tensor],
    settings: Settings = DEFAULT,
    member: int = 0,
) -> Ready:
    """The drift diffusion model of one data set, by the likelihood network.

    The priors are the simulator's truncated normals; the non-decision time lies below the shortest
    time. The one variable, theta, has the parameters v, a, t0, w along its axis. Chains start from
    draws of the posterior network, which tell their scales too.

    Args:
        network: Trained on the simulator; not in training.
        rng: Of those draws.
        simulator: `drift_diffusion`, or one whose parameters are the first of its.
        data: Response times, in seconds; and choices, 1 for the response at the upper boundary and
            0 at the lower.
        settings: Number of chains, and mean acceptance.
        member: Whose networks.

    Raises:
        ValueError: If the data cannot be response times, or the simulator has other parameters.
    """
    names = simulator.theta_names
    if names != responses.NAMES[: len(names)]:
        raise ValueError(
            f"this model is for the parameters {', '.join(responses.NAMES)} or the first of them, "
            f"but the simulator has {', '.join(names)}: write a pm.Model with LogLikelihood"
        )
    x = responses.signed(*data)
    low, high = (edge[0] for edge in boxes(simulator, x[None]))
    one = network.member(member)
    many = settings.chains + MEASURED
    (near,) = starts(one, [rng], simulator, x, (low, high), many)
    chart = charts.fitted(low, high, near)
    wide = near[settings.chains :]
    rows = chart.of(torch.zeros(len(wide), dtype=torch.long))
    spread = torch.cov(charts.outside(wide, rows).T)
    names = [name.split()[0] for name in names]
    with pm.Model(coords={"parameter": names}) as model:
        prior = (part[: len(names)] for part in (responses.MEAN, responses.SD))
        edges = {"lower": low.numpy(), "upper": high.numpy(), "dims": "parameter"}
        theta = pm.TruncatedNormal("theta", *prior, **edges, default_transform=CutOff(chart))
        pm.Potential("log_likelihood", LogLikelihood(network, x, member)(theta)[0])
        step = pm.NUTS(scaling=spread.numpy(), is_cov=True, target_accept=settings.accept)
    return Ready(model, step, [{"theta": row} for row in near[: settings.chains].numpy()])

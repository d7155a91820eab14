"""The likelihood network in PyMC models: an operation with a gradient, and a ready-made model.

    with pm.Model():
        ...  # priors, among them t0 below the shortest time
        theta = pt.stack([v, a, t0, w])
        pm.Potential("likelihood", LogLikelihood(network, x)(theta)[0])
"""

from collections.abc import Sequence
from math import exp, sqrt
from typing import Any, NamedTuple

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import torch
from jaxtyping import Float
from numpy import ndarray
from pymc.distributions.transforms import Transform
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from torch import Generator, Tensor

from ..flows.truncated import log_mass
from ..inference import charts
from ..inference.chains import boxes, log_likelihood
from ..inference.draws import posterior_draws
from ..joint import Joint
from ..mcmc.nuts import Settings
from ..simulators import responses
from ..simulators.base import Simulator

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
        self.model, self.x = model.member(member), x[None].double()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def perform(self, node: Apply, inputs: Sequence[ndarray], outputs: list[list[Any]]) -> None:
        """The value and the gradient at one place."""
        theta = torch.tensor(inputs[0])[None].requires_grad_()
        with torch.enable_grad():
            value = log_likelihood(self.model, theta, self.x)
            (slope,) = torch.autograd.grad(value.sum(), theta)
        outputs[0][0] = np.asarray(value.item())
        outputs[1][0] = slope[0].numpy()

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


class CutOff(Transform):
    """A parameter between two bounds, by the Gaussian that is cut off there; see `charts`.

    PyMC's own map of intervals, the logistic one, makes long tails of posteriors near a bound.

    Args:
        low: The least value.
        high: The bound above.
        centre: Of the Gaussian, before it is cut off.
        sd: Its standard deviation.
    """

    name, ndim_supp = "cut_off", 0

    def __init__(self, low: float, high: float, centre: float, sd: float):
        self.centre, self.sd = centre, sd
        self.edges = (low - centre) / sd, (high - centre) / sd
        a, b = (torch.tensor([edge], dtype=torch.float64) for edge in self.edges)
        self.log_mass = float(log_mass(a, b))

    def forward(self, value: Variable, *inputs: Variable) -> Variable:
        """To the whole line."""
        at, (low, high), mass = (value - self.centre) / self.sd, self.edges, exp(self.log_mass)
        lower, upper = _below(at) - _below(low), _below(-at) - _below(-high)
        return _quantile(lower / mass, upper / mass)

    def backward(self, value: Variable, *inputs: Variable) -> Variable:
        """Back between the bounds."""
        return self.centre + self.sd * self._standard(value)

    def log_jac_det(self, value: Variable, *inputs: Variable) -> Variable:
        """Of the way back."""
        bend = 0.5 * (self._standard(value) ** 2 - value**2)
        return bend + self.log_mass + float(np.log(self.sd))

    def _standard(self, value: Variable) -> Variable:
        (low, high), mass = self.edges, exp(self.log_mass)
        lower, upper = _below(low) + mass * _below(value), _below(-high) + mass * _below(-value)
        return pt.clip(_quantile(lower, upper), low, high)


def _below(t: Variable | float) -> Variable:
    """A standard normal's probability below t."""
    return 0.5 * pt.erfc(-t / sqrt(2))


def _quantile(lower: Variable, upper: Variable) -> Variable:
    """Where a standard normal has these probabilities below and above, by the smaller one."""
    below = pt.lt(lower, upper)
    far = pt.erfcinv(2 * pt.switch(below, lower, upper).clip(1e-300, 1))
    return sqrt(2) * pt.switch(below, -far, far)


class Ready(NamedTuple):
    """A model, and how the posterior network says to sample it.

        with found.model:
            pm.sample(step=found.step, initvals=found.starts, chains=len(found.starts))

    Attributes:
        model: With a variable for each parameter.
        step: NUTS in the posterior network's scales.
        starts: Where each chain begins.
    """

    model: pm.Model
    step: pm.NUTS
    starts: list[dict[str, float]]


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
    time. Parameters are called as in the simulator, without their units: v, a, t0, w. Chains start
    from draws of the posterior network, which tell their scales too.

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
    near = posterior_draws(one, [rng], x[None, None].float(), many).draws[0, 0].double()
    chart = charts.fitted(low, high, near)
    rows = chart.of(torch.zeros(len(near), dtype=torch.long))
    spread = torch.cov(charts.outside(near[settings.chains :], rows.of(slice(settings.chains, None))).T)
    names = [name.split()[0] for name in names]
    model = _model(names, chart, LogLikelihood(network, x, member))
    with model:
        step = pm.NUTS(scaling=spread.numpy(), is_cov=True, target_accept=settings.accept)
    starts = [dict(zip(names, row, strict=True)) for row in near[: settings.chains].tolist()]
    return Ready(model, step, starts)


def _model(names: Sequence[str], chart: charts.Chart, likelihood: LogLikelihood) -> pm.Model:
    each = zip(names, responses.MEAN, responses.SD, *(part[0].tolist() for part in chart), strict=False)
    with pm.Model() as model:
        theta = [
            pm.TruncatedNormal(
                name, mean, sd, lower=low, upper=high, default_transform=CutOff(low, high, *near)
            )
            for name, mean, sd, low, high, *near in each
        ]
        pm.Potential("log_likelihood", likelihood(pt.stack(theta))[0])
    return model

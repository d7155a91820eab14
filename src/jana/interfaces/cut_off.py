"""The chart of parameters between two bounds, as PyMC maps them to where it samples."""

from math import sqrt

import numpy as np
import pytensor.tensor as pt
import torch
from numpy import ndarray
from pymc.distributions.transforms import Transform
from pytensor.graph.basic import Variable

from ..flows.truncated import log_mass
from ..inference.charts import Chart


class CutOff(Transform):
    """Parameters between two bounds, by the Gaussians that are cut off there; see `charts`.

    PyMC's own map of intervals, the logistic one, makes long tails of posteriors near a bound.

    Args:
        chart: One row, for all parameters.
    """

    name, ndim_supp = "cut_off", 0

    def __init__(self, chart: Chart):
        self.chart = chart
        low, high, self.centre, self.sd = (part[0].numpy() for part in chart)
        self.edges = (low - self.centre) / self.sd, (high - self.centre) / self.sd
        self.log_mass = log_mass(*(torch.from_numpy(edge) for edge in self.edges)).numpy()

    def forward(self, value: Variable, *inputs: Variable) -> Variable:
        """To the whole line."""
        at, (low, high), mass = (value - self.centre) / self.sd, self.edges, np.exp(self.log_mass)
        lower, upper = _below(at) - _below(low), _below(-at) - _below(-high)
        return _quantile(lower / mass, upper / mass)

    def backward(self, value: Variable, *inputs: Variable) -> Variable:
        """Back between the bounds."""
        return self.centre + self.sd * self._standard(value)

    def log_jac_det(self, value: Variable, *inputs: Variable) -> Variable:
        """Of the way back."""
        bend = 0.5 * (self._standard(value) ** 2 - value**2)
        return bend + self.log_mass + np.log(self.sd)

    def _standard(self, value: Variable) -> Variable:
        (low, high), mass = self.edges, np.exp(self.log_mass)
        lower, upper = _below(low) + mass * _below(value), _below(-high) + mass * _below(-value)
        return pt.clip(_quantile(lower, upper), low, high)


def _below(t: Variable | ndarray) -> Variable:
    """A standard normal's probability below t."""
    return 0.5 * pt.erfc(-t / sqrt(2))


def _quantile(lower: Variable, upper: Variable) -> Variable:
    """Where a standard normal has these probabilities below and above, by the smaller one."""
    below = pt.lt(lower, upper)
    far = pt.erfcinv(2 * pt.switch(below, lower, upper).clip(1e-300, 1))
    return sqrt(2) * pt.switch(below, -far, far)

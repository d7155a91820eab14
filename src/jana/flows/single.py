"""One data set's log likelihood by a network of response times, and its gradient, in NumPy.

For samplers that ask one place at a time: as tensor operations, a network of one row is little
arithmetic and much ado. In double precision, of the weights as they are.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from torch.nn.functional import silu

from . import sets
from .gaussian import MOST
from .response import Response


class Single:
    """log q(x | theta) of all trials, and its gradient by theta, at one place a call.

    Args:
        flow: Of one member, in use and not in training.
        x: The data set.

    Raises:
        ValueError: If the network's activation is another than SiLU, or it has several members.
    """

    def __init__(self, flow: Response, x: Float[Tensor, "T 1"]):
        network, standard = flow.network, flow.standardize
        if not takes(flow):
            raise ValueError(
                "one row at a time is for networks of one member with SiLU that see bounded "
                "parameters as they are: ask log_prob_of_sets"
            )
        layers = [flow.project, *network.middle, network.last]
        self.weights = [_numbers(layer.weight[0]) for layer in layers]
        self.biases = [_numbers(layer.bias[0, 0]) for layer in layers]
        self.mean, self.scale = _numbers(standard.mean), 1 / _numbers(standard.sd)
        self.slope, self.offset, self.sd = (
            _numbers(part) for part in (flow.slope, flow.offset, flow.sd)
        )
        self.log_odds, self.others, self.shift = float(flow.log_odds), flow.others, flow.shift
        spline = flow.warps[0]
        self.shape = spline.bins, spline.bound, -float(np.log(spline.least))
        self.x = _numbers(x[:, 0])[None]

    def __call__(self, theta: Float[ndarray, " D"]) -> tuple[float, Float[ndarray, " D"]]:
        """The value, in nats, and the gradient; -inf and 0 where a time is not above the shift."""
        seen = (theta[self.others] - self.mean) * self.scale
        out, passed = self._forward(seen)
        raw = out[1:].reshape(2, -1)
        bend = 1 / (1 + np.abs(raw[:, 1]) / MOST)
        told = raw.copy()
        told[:, 0] = seen @ self.slope + self.offset + self.sd * raw[:, 0]
        told[:, 1] = raw[:, 1] * bend - np.log(self.sd)
        given = self.x, out[:1] + self.log_odds, theta[[self.shift]], told[None]
        (value, by_odds, by_shift), by_told = np.zeros((3, 1)), np.zeros_like(told)
        sets.kernels().totals(*given, *self.shape, value, by_odds, by_shift, by_told[None])
        back = by_told.copy()
        back[:, 0] *= self.sd
        back[:, 1] *= bend**2
        by_seen = self._backward(np.concatenate([by_odds, back.ravel()]), passed)
        by_seen = by_seen + self.slope @ by_told[:, 0]
        slope = np.zeros_like(theta)
        slope[self.others], slope[self.shift] = by_seen * self.scale, by_shift[0]
        return float(value[0]), slope

    def _forward(self, seen: ndarray) -> tuple[ndarray, list[ndarray]]:
        """What the network tells, and the slope of each hidden layer's activation."""
        passed, h = [], seen @ self.weights[0] + self.biases[0]
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            share = 1 / (1 + np.exp(-h))
            active = h * share
            passed.append(share + active * (1 - share))
            h = active @ weight + bias
        return h, passed

    def _backward(self, by_told: ndarray, passed: Sequence[ndarray]) -> ndarray:
        for weight, slope in zip(self.weights[:0:-1], reversed(passed), strict=True):
            by_told = (weight @ by_told) * slope
        return self.weights[0] @ by_told


def takes(flow: Response) -> bool:
    """Whether a network is one of those that this is for."""
    standard = flow.standardize
    plain = not standard.above and not standard.below and flow.network.activation is silu
    return plain and len(flow.project.weight) == 1 and not flow.training


def _numbers(part: Tensor) -> ndarray:
    return np.ascontiguousarray(part.detach().cpu().double().numpy())

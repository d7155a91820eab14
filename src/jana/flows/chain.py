"""Layers that follow each other: in training one call of compiled kernels, each way.

As tensor operations a coupling of the usual size is some hundred of them, and to start them takes
three times as long as to compute. Here autograd sees one function; gradients by weights are added
to `.grad` within it, see `networks.adding`.
"""

from collections.abc import Sequence
from itertools import accumulate, groupby

import torch
from jaxtyping import Float, Int64
from numpy import array, ndarray
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from ..networks import fused
from . import chain_plan
from .chain_plan import Plan

Values = Float[Tensor, "M B D"]
Features = Float[Tensor, "M B F"]
LogDet = Float[Tensor, "M B"]

MOST_PLANS = 64  # of one chain: trials may come in any number


class Chain:
    """Layers one after another.

    Args:
        layers: Either one, or such as the kernels know.
    """

    def __init__(self, layers: Sequence[nn.Module]):
        self.layers, self.sizes = list(layers), [layer.n_features for layer in layers]
        # Without a network tensor operations are few.
        self.known = all(map(chain_plan.known, layers)) and any(map(chain_plan.warped, layers))
        self.weighted: list[fused.Weighted] = []
        for layer in self.layers if self.known else ():
            if chain_plan.warped(layer):
                self.weighted += [half.network for half in layer.halves()]
            else:
                self.weighted.append(layer)
        self.plans: dict[tuple, tuple[list[int], Plan | None]] = {}

    def __call__(self, x: Values, features: Features) -> tuple[Values, LogDet]:
        """Maps x to z; also log |det dz/dx|."""
        plan = self._plan(x, features) if self.known else None
        if plan is not None:
            return _Chained.apply(x.contiguous(), features, plan)
        total = 0.0
        pieces = features.split(self.sizes, dim=-1)
        for layer, piece in zip(self.layers, pieces, strict=True):
            x, log_det = layer(x, piece)
            total = total + log_det
        return x, total

    def _plan(self, x: Values, features: Features) -> Plan | None:
        """What to tell the kernels, or None where they are not for these values, here and now."""
        places = fused.lying(self.weighted, [x, features])
        if places is None or features.stride(-1) != 1:
            return None
        key = features.shape, features.stride()
        known, plan = self.plans.get(key, (None, None))
        if known != places:
            if len(self.plans) >= MOST_PLANS:
                self.plans.clear()
            whole = all(map(fused.whole, self.weighted))
            plan = chain_plan.planned(self.layers, x, features) if whole else None
            self.plans[key] = places, plan
        for told, network in plan.masked if plan else ():
            fused.mask(told, network)
        return plan


def chains(layers: Sequence[nn.Module]) -> list[Chain]:
    """All layers in order, those that the kernels know together as far as they are neighbours."""
    known = [chain_plan.known(layer) for layer in layers]
    number = accumulate(0 if one else 1 for one in known)
    groups = groupby(zip(number, known, layers, strict=True), key=lambda each: each[:2])
    return [Chain([layer for *_, layer in group]) for _, group in groups]


class _Chained(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, features: Tensor, plan: Plan) -> tuple:
        z, log_det = torch.empty_like(x), x.new_zeros(x.shape[:2])
        buffer = x.new_empty(plan.size)
        told = *plan[:3], _values(x, z, buffer, plan)
        places = [part.data_ptr() for part in (features, buffer, log_det)]
        chain_plan.kernels().forward(*told, *places)
        ctx.save_for_backward(x, z, buffer)
        ctx.plan, ctx.shape = plan, features.shape
        return z, log_det

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, by_z: Tensor, by_log_det: Tensor) -> tuple:
        x, z, buffer = ctx.saved_tensors
        plan, by_log_det = ctx.plan, by_log_det.contiguous()
        # From layer to layer in the same place: what a side does not warp stays as it is.
        by_x = by_z.clone(memory_format=torch.contiguous_format)
        by_features, by_told = x.new_empty(ctx.shape), x.new_empty(plan.most)
        told = *plan[:3], _values(x, z, buffer, plan)
        parts = buffer, by_x, by_log_det, by_told, by_features
        chain_plan.kernels().backward(*told, *(part.data_ptr() for part in parts))
        return by_x, by_features, None


def _values(x: Tensor, z: Tensor, buffer: Tensor, plan: Plan) -> Int64[ndarray, " L"]:
    """Where those before the first layer, between layers and behind the last lie."""
    base = buffer.data_ptr()
    return array([x.data_ptr(), *(base + place for place in plan.values), z.data_ptr()])

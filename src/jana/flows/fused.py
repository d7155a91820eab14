"""Where the compiled kernels of `kernels.py` stand in for tensor operations, and autograd's view.

They are for a CPU and single precision, on one thread, with a first derivative.
"""

import math
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import torch
from jaxtyping import Float
from numpy import float32, ndarray
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

LARGEST_LIMIT = 15.0  # of raw numbers whose exponential is taken

Values = Float[Tensor, "M B K"]
Params = Float[Tensor, "M B K P"]


@dataclass(frozen=True)
class Kind:
    """A spline, as the kernels know it.

    Attributes:
        free: Whether its box moves.
        bins: Number of bins.
        bound: Half width of the box where parameters are zero.
        limit: Of the raw numbers where it is not free; least size where it is.
    """

    free: bool
    bins: int
    bound: float
    limit: float

    @property
    def moderate(self) -> bool:
        """Whether its raw numbers stay where the kernels' exponential is good."""
        return self.free or self.limit <= LARGEST_LIMIT

    def takes(self, value: Tensor, params: Tensor, backwards: bool = False) -> bool:
        """Whether the kernels are for these tensors; backwards they have no gradient."""
        if value.device.type != "cpu" or not self.moderate:
            return False
        if value.dtype != torch.float32 or params.dtype != torch.float32:
            return False
        wanted = torch.is_grad_enabled() and (value.requires_grad or params.requires_grad)
        return not (backwards and wanted)

    def forward(self, value: Values, params: Params) -> tuple[Values, Values]:
        """Data to latent, and the log slope."""
        return _Warp.apply(value, params, self)

    def inverse(self, value: Values, params: Params) -> tuple[Values, Values]:
        """Latent to data, and the log slope; without a gradient."""
        return _warped(*self.checked(value, params), self, backwards=True)

    @property
    def told(self) -> tuple[bool, tuple[int, float32, float32, float32]]:
        """What the kernels are told of it."""
        width = 2 * self.bound / self.bins
        shift = math.log(math.expm1(width)) if width < 50 else width
        return self.free, (self.bins, *map(float32, (self.bound, self.limit, shift)))

    def checked(self, value: Values, params: Params) -> tuple[Values, Params]:
        """Both in one piece of memory each, as the kernels do not look where they read.

        Raises:
            ValueError: If the parameters are not as many as the values need.
        """
        needed = (*value.shape, 3 * self.bins + (1 if self.free else -1))
        if params.shape != needed:
            raise ValueError(f"parameters must be of shape {needed}, not {tuple(params.shape)}")
        return value.contiguous(), params.contiguous()


@cache
def _kernels() -> ModuleType:
    """Not with this module: numba takes a second, which a GPU's jobs and figures do not need."""
    from . import kernels

    return kernels


def _flat(values: Tensor) -> ndarray:
    return values.detach().view(-1).numpy()


def _rows(params: Tensor) -> ndarray:
    return params.detach().view(-1, params.shape[-1]).numpy()


def _warped(value: Tensor, params: Tensor, kind: Kind, backwards: bool) -> tuple[Tensor, Tensor]:
    found, log_slope = torch.empty_like(value), torch.empty_like(value)
    told = *kind.told, backwards
    _kernels().warp(_flat(value), _rows(params), *told, _flat(found), _flat(log_slope))
    return found, log_slope


class _Warp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, value: Tensor, params: Tensor, kind: Kind) -> tuple:
        (value, params), ctx.kind = kind.checked(value, params), kind
        ctx.save_for_backward(value, params)
        return _warped(value, params, kind, backwards=False)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, by_warped: Tensor, by_slope: Tensor) -> tuple:
        value, params = ctx.saved_tensors
        found = torch.empty_like(value), torch.empty_like(params)
        given = _flat(by_warped.contiguous()), _flat(by_slope.contiguous())
        told = _flat(value), _rows(params), *ctx.kind.told, *given
        _kernels().gradient(*told, _flat(found[0]), _rows(found[1]))
        return *found, None

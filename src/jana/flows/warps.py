"""Warps: monotone maps of one coordinate, with parameters given from outside.

A warp is stateless. `params` has one row of `sum(pieces)` numbers per coordinate; any real
numbers are valid, and zeros give the identity. Both directions return the mapped values
and the log slope of the direction taken.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

Values = Float[Tensor, "M B K"]
Params = Float[Tensor, "M B K P"]


@runtime_checkable
class Warp(Protocol):
    """What a coupling may do to a coordinate."""

    @property
    def pieces(self) -> tuple[int, ...]:
        """Numbers per coordinate, from each of the networks that tell them."""
        ...

    def forward(self, x: Values, params: Params) -> tuple[Values, Values]:
        """Data to latent."""
        ...

    def inverse(self, z: Values, params: Params) -> tuple[Values, Values]:
        """Latent to data."""
        ...


LIMIT = math.log(1000.0)  # of a log scale


def softclip(value: Tensor, limit: float) -> Tensor:
    """The value bent to stay within (-limit, limit), with slope 1 at zero."""
    return value / (1 + value.abs() / limit)


def moderate(raw: Tensor) -> Tensor:
    """A log scale held below log 1000, so that no layer can explode."""
    return softclip(raw, LIMIT)


@dataclass(frozen=True)
class Affine:
    """z = x * exp(s) + t.

    Attributes:
        bend: Makes the log scale s out of any real number.
        pieces: Whether one network tells both, (2,), or one each, (1, 1).
    """

    bend: Callable[[Tensor], Tensor] = moderate
    pieces: tuple[int, ...] = (2,)

    def forward(self, x: Values, params: Params) -> tuple[Values, Values]:
        """Data to latent."""
        log_scale, shift = self._split(params)
        return x * log_scale.exp() + shift, log_scale

    def inverse(self, z: Values, params: Params) -> tuple[Values, Values]:
        """Latent to data."""
        log_scale, shift = self._split(params)
        return (z - shift) * (-log_scale).exp(), -log_scale

    def _split(self, params: Params) -> tuple[Values, Values]:
        raw, shift = params.unbind(-1)
        return self.bend(raw), shift

"""A flow one of whose coordinates lies below a bound that each data set sets."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..networks.standardize import Standardize
from .base import Base
from .flow import Flow, Sample
from .support import Support


class Capped(Flow):
    """As `Flow`, where the last number of the context is the upper bound of a coordinate.

    That coordinate is stretched from its bounds in the data set, from `low` to there, to its
    bounds in all of them; what is learned does not depend on where it ends. There is no density
    at the bound or above, and no draw.

    Args:
        support: As of `Flow`; the coordinate has two bounds.
        standardize: As of `Flow`, of all the context.
        layers: As of `Flow`.
        base: As of `Flow`.
        place: Which coordinate.
    """

    def __init__(
        self,
        support: Support,
        standardize: Standardize,
        layers: list[nn.Module],
        base: Base,
        place: int,
    ):
        super().__init__(support, standardize, layers, base)
        self.place = place

    def set_from(self, x: Float[Tensor, "N D"], context: Float[Tensor, "N C"]) -> None:
        """As `Flow.set_from`."""
        super().set_from(self._stretched(x, context)[0], context)

    def log_prob(
        self, x: Float[Tensor, "M B D"], context: Float[Tensor, "M B C"]
    ) -> Float[Tensor, "M B"]:
        """log p(x | context); -inf where the coordinate is not below its bound."""
        stretched, log_slope = self._stretched(x, context)
        return super().log_prob(stretched, context) + log_slope

    def sample(self, noise: Float[Tensor, "M B L D"], context: Float[Tensor, "M B C"]) -> Sample:
        """As `Flow.sample`."""
        draws, log_prob = super().sample(noise, context)
        low, cap = self.support.low[self.place], context[..., None, -1]
        share, draws = self._share(context)[..., None], draws.clone()
        inside = low + (draws[..., self.place] - low) / share
        draws[..., self.place] = torch.minimum(inside, torch.nextafter(cap, low))
        return Sample(draws, log_prob + share.log())

    def _stretched(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        low, share = self.support.low[self.place], self._share(context)
        at = low + (x[..., self.place] - low) * share
        # Rounding may carry what is near the bound across it, either way.
        beyond = x[..., self.place] >= context[..., -1]
        inside = torch.minimum(at, self.support.below_high[self.place])
        x = x.clone()
        x[..., self.place] = torch.where(beyond, self.support.high[self.place], inside)
        return x, share.log()

    def _share(self, context: Tensor) -> Tensor:
        """How many times narrower the coordinate's range is in each data set."""
        low, high = self.support.low[self.place], self.support.high[self.place]
        return (high - low) / (context[..., -1] - low)

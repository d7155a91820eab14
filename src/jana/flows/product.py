"""A likelihood of data of which some coordinates do not depend on the parameters."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from ..networks.dropout import Masks
from ..networks.places import at
from .flow import Flow, Sample


class Product(nn.Module):
    """q(told | context) q(rest): two flows of different coordinates, asked as if they were one.

    Args:
        told: Flow of the coordinates that depend on the context.
        rest: Flow of the others, without a context.
        kept: Which coordinates are told.
    """

    def __init__(self, told: Flow, rest: Flow, kept: Bool[Tensor, " X"]):
        super().__init__()
        self.told, self.rest, self.masks = told, rest, _Both(told, rest)
        self.places = [which.nonzero()[:, 0].tolist() for which in (kept, ~kept)]
        self.register_buffer("kept", kept)
        # Where each coordinate stands among those of both flows.
        self.register_buffer(
            "order", torch.cat([kept.nonzero(), (~kept).nonzero()])[:, 0].argsort()
        )

    def set_from(self, x: Float[Tensor, "N X"], context: Float[Tensor, "N C"]) -> None:
        """Sets what is not learned of both."""
        self.told.set_from(x[:, self.kept], context)
        self.rest.set_from(x[:, ~self.kept], context[:, :0])

    def log_prob(
        self, x: Float[Tensor, "M B X"], context: Float[Tensor, "M B C"]
    ) -> Float[Tensor, "M B"]:
        """log q(x | context)."""
        told, rest = (x[..., at(places, x.device)] for places in self.places)
        return self.told.log_prob(told, context) + self.rest.log_prob(rest, context[..., :0])

    def sample(self, noise: Float[Tensor, "M B L X"], context: Float[Tensor, "M B C"]) -> Sample:
        """As `Flow.sample`."""
        told, rest = noise.split([self.told.dim, self.rest.dim], dim=-1)
        made = self.told.sample(told, context), self.rest.sample(rest, context[..., :0])
        draws = torch.cat([part.draws for part in made], -1)[..., self.order]
        return Sample(draws, made[0].log_prob + made[1].log_prob)

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L X"]:
        """As `Flow.noise`."""
        return torch.cat([flow.noise(rngs, rows, n) for flow in (self.told, self.rest)], -1)

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """As `Flow.decay`."""
        return self.told.decay() | self.rest.decay()


class _Both:
    """The dropout masks of two flows."""

    def __init__(self, *flows: Flow):
        self.flows = flows

    def each(self) -> list[Masks]:
        """Those of both."""
        return [one for flow in self.flows for one in flow.masks.each()]

    @property
    def rngs(self) -> Sequence[Generator]:
        return self.flows[0].masks.rngs

    @rngs.setter
    def rngs(self, rngs: Sequence[Generator]) -> None:
        for flow in self.flows:
            flow.masks.rngs = rngs

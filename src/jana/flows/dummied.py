"""A flow with one coordinate more than its data, as the paper had it for data of one dimension."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ..provenance import seed_of
from ..rng import generator
from .flow import Flow, Sample

AT_ZERO = -0.5 * math.log(2 * math.pi)  # log density of a standard normal at 0


class Dummied(Flow):
    """As `Flow`, of the data and of a dummy: a standard normal number, independent of them.

    Couplings need two coordinates. In training the dummy is drawn anew in every step; in judging it
    is 0, and the density of both is divided by the dummy's there, 1 / sqrt(2 pi). Of a flow that
    is exact that is the density of the data. Of any other it is a slice through a density of two
    coordinates and not its marginal: it is positive, but its integral need not be 1, and a log
    density may be above the true one on average. `flows.response` needs no dummy.

    Reference: Radev et al. (2023), arXiv:2302.09125, section 4.3.

    Args:
        support: As of `Flow`, the dummy's coordinate last; so are the other arguments.
    """

    def set_from(self, x: Float[Tensor, "N D"], context: Float[Tensor, "N C"]) -> None:
        """As `Flow.set_from`."""
        if not self.fixed:
            dummy = torch.randn(len(x), 1, generator=generator(seed_of("dummy"))).to(x)
            super().set_from(torch.cat([x, dummy], -1), context)

    def log_prob(
        self, x: Float[Tensor, "M B D"], context: Float[Tensor, "M B C"]
    ) -> Float[Tensor, "M B"]:
        """Log density of data and dummy, less the dummy's own, in nats.

        In training the generators of dropout draw the dummy; its expected loss is then that of a
        density of the data, plus what the flow gets wrong of the dummy.
        """
        dummy = torch.zeros_like(x[..., :1])
        if self.training:
            dummy = self.masks.numbers("dummy", torch.randn, x.shape[1], 1, x.device)
        return super().log_prob(torch.cat([x, dummy], -1), context) - _normal(dummy)

    def sample(self, noise: Float[Tensor, "M B L D"], context: Float[Tensor, "M B C"]) -> Sample:
        """Data without the dummy that was drawn with them; log densities are those of `log_prob`

        at that dummy, not at 0: right as weights of draws.
        """
        draws, log_prob = super().sample(noise, context)
        return Sample(draws[..., :-1], log_prob - _normal(draws[..., -1:]))


def _normal(dummy: Float[Tensor, "*B 1"]) -> Float[Tensor, "*B"]:
    """The dummy's own log density."""
    return AT_ZERO - 0.5 * dummy[..., 0].square()

"""Outcomes of 0 and 1 as the paper had them: a flow of the outcome, blurred, and of a dummy."""

from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.quasirandom import SobolEngine

from ..networks.dropout import Masks
from .flow import Flow, Sample

PLACES = 8  # of noise, in judging
LEAST, MOST = 1e-3, 5e-2  # standard deviation of the blur in training; the least in judging
DRAWN = 2e-3  # what the flow is told of it when it draws


class Soft(nn.Module):
    """A soft flow: outcome and a standard normal dummy, with noise whose scale is in the context.

    Couplings need two coordinates, and densities no lumps of mass: hence dummy and noise. So its
    log densities are of another measure than the probabilities of 0 and 1: they compare with
    those that were published, and with nothing else. `flows.bernoulli` has neither.

    Reference: Kim et al. (2020), arXiv:2006.04604; as in Radev et al. (2023), arXiv:2302.09125.

    Args:
        flow: Over two coordinates; the last of its context is the scale of the noise.
    """

    def __init__(self, flow: Flow):
        super().__init__()
        self.flow = flow

    @property
    def masks(self) -> Masks:
        """The flow's dropout, whose generators are also those of the noise in training."""
        return self.flow.masks

    def set_from(self, x: Float[Tensor, "N 1"], context: Float[Tensor, "N C"]) -> None:
        """Nothing is set from data."""

    def log_prob(
        self, x: Float[Tensor, "M B 1"], context: Float[Tensor, "M B C"]
    ) -> Float[Tensor, "M B"]:
        """Mean log density of blurred outcome and dummy, in nats.

        In training at one random place, in judging over a few that are the same for every row.
        """
        if self.training:
            places = self.masks.numbers("place", torch.randn, x.shape[1], 3, x.device)
            share = self.masks.numbers("share", torch.rand, x.shape[1], 1, x.device)
            return self._at(places, LEAST + (MOST - LEAST) * share, x, context)
        scale = torch.full_like(x, LEAST)
        found = [self._at(p.to(x).expand(*x.shape[:2], 3), scale, x, context) for p in _places()]
        return torch.stack(found).mean(0)

    def _at(
        self,
        place: Float[Tensor, "M B 3"],
        scale: Float[Tensor, "M B 1"],
        x: Float[Tensor, "M B 1"],
        context: Float[Tensor, "M B C"],
    ) -> Float[Tensor, "M B"]:
        """With given noise: the dummy's, then that of both coordinates."""
        dummy, blur = place.split([1, 2], dim=-1)
        both = torch.cat([x, dummy], -1) + scale * blur
        return self.flow.log_prob(both, torch.cat([context, scale], -1))

    def sample(self, noise: Float[Tensor, "M B L 2"], context: Float[Tensor, "M B C"]) -> Sample:
        """Outcomes rounded to whole numbers, without their sign; the dummy is left out."""
        told = torch.cat([context, torch.full_like(context[..., :1], DRAWN)], -1)
        made = self.flow.sample(noise, told)
        return Sample(made.draws[..., :1].round().abs(), made.log_prob)

    def noise(self, rngs: Sequence[Generator], rows: int, n: int) -> Float[Tensor, "M B L 2"]:
        """As `Flow.noise`."""
        return self.flow.noise(rngs, rows, n)

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """As `Flow.decay`."""
        return self.flow.decay()


@cache
def _places() -> Float[Tensor, "P 3"]:
    """Standard normal noise: Sobol's points, whose mean is made 0 and mean square 1."""
    share = SobolEngine(3, scramble=True, seed=0).draw(PLACES).double().clamp(1e-3, 1 - 1e-3)
    normal = torch.special.ndtri(share)
    normal = normal - normal.mean(0)
    return (normal / normal.square().mean(0).sqrt()).float()

"""Series that follow from one that was observed: of the simulator, of the networks, and later."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..joint import Joint
from ..simulators.base import Simulator
from .draws import posterior_draws


class Followed(NamedTuple):
    """What one member makes of an observed series.

    Attributes:
        theta: Draws of its posterior network that the prior admits.
        outside: Share of draws that it does not.
        simulator: A series for each, of the simulator, and longer than what was observed.
        network: A series for each, of the likelihood network, as long as what was observed.
    """

    theta: Float[Tensor, "L D"]
    outside: float
    simulator: Float[Tensor, "L S X"]
    network: Float[Tensor, "L T X"]


def follow(
    model: Joint,
    rngs: Sequence[Generator],
    simulator: Simulator,
    x: Float[Tensor, "T X"],
    draws: int,
    more: int,
) -> list[Followed]:
    """Posterior draws given a series, and what would be observed if they were true.

    Args:
        model: The pair.
        rngs: One generator per member.
        simulator: Which can go on for longer.
        x: The series.
        draws: Posterior draws L.
        more: Steps after the series that are forecast.

    Raises:
        ValueError: If the prior admits no draw of a member.
    """
    found = posterior_draws(model, rngs, *model.shared(x[None]), draws).draws[:, 0]
    runs = simulator.longer(more) if more else simulator.simulate
    every = []
    for member, rng in enumerate(rngs):
        admitted = simulator.prior.log_prob(found[member]).isfinite()
        theta = found[member][admitted]
        if not len(theta):
            raise ValueError(
                f"posterior draws need to be parameters that the prior admits, but none of the "
                f"{draws} of member {member} is: look at how far the series is from simulated ones"
            )
        alone = model.member(member)
        given = theta[None], x.expand(1, len(theta), *x.shape)
        made = alone.surrogate([rng], *given)[0]
        outside = 1 - float(admitted.double().mean())
        every.append(Followed(theta, outside, runs(rng, theta), made))
    return every


def bands(series: Float[Tensor, "L S X"]) -> Float[Tensor, "5 S X"]:
    """Median, central halves and 95 % by step."""
    return torch.quantile(series, torch.tensor([0.025, 0.25, 0.5, 0.75, 0.975]), dim=0)

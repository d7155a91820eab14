"""The density of a response time, by the likelihood network and as it is."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..joint import Joint
from ..simulators.base import Simulator
from .pairings import of_trials
from .surrogate import log_likelihood_of_trials

SHORTEST, LONGEST, POINTS = 1e-3, 15.0, 1500  # seconds after the shift, on a logarithmic grid
BEFORE = 200  # more points up to the shift, where a network that does not know of it has mass


def densities(
    model: Joint, simulator: Simulator, theta: Float[Tensor, "P D"]
) -> tuple[Float[Tensor, "P K"], Float[Tensor, "M P 2 K"], Float[Tensor, "P 2 K"]]:
    """A grid of times around each shift; the density there of both responses, ours and exact.

    The response at the lower boundary comes first.
    """
    after = torch.logspace(*(torch.tensor([SHORTEST, LONGEST]).log10().tolist()), POINTS)
    shift = theta[:, simulator.x_shift, None]
    grid = torch.cat([shift * torch.linspace(0.005, 0.999, BEFORE), shift + after], 1)
    x = torch.cat([-grid, grid], 1)[..., None]
    theta_m, x_m = model.shared(theta, x)
    ours = log_likelihood_of_trials(model, theta_m[:, :, None], x_m)[:, :, 0]
    exact = of_trials(simulator, theta[:, None], x)[:, 0]
    return grid, ours.exp().unflatten(-1, (2, -1)), exact.exp().unflatten(-1, (2, -1))

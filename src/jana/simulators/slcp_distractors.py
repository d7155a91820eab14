"""SLCP with distractors: the four points of `slcp`, and 46 that tell nothing of the parameters.

The distractors come from a mixture that is new in every data set: 20 means from N(0, 15^2 I), and
about a mean that each point chooses, a bivariate Student-t of 2 degrees of freedom and scale
0.01 I. Their density has no closed form, but no parameter either.

Reference: Radev et al. (2023), arXiv:2302.09125, benchmark 4; another one than sbibm's (see
`slcp_distractors_sbibm`).
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from . import slcp
from .base import Simulator

DISTRACTORS, MEANS, MEAN_SD, SCALE, DF = 46, 20, 15.0, 0.1, 2


def simulate(rng: Generator, theta: Float[Tensor, "B 5"]) -> Float[Tensor, "B X"]:
    """The coordinates of the points, then those of the distractors."""
    n = len(theta)
    means = MEAN_SD * torch.randn(n, MEANS, 2, generator=rng)
    chosen = torch.randint(MEANS, (n, DISTRACTORS, 1), generator=rng).expand(-1, -1, 2)
    noise = torch.randn(n, DISTRACTORS, 2, generator=rng)
    half_chi_square = -torch.log1p(-torch.rand(n, DISTRACTORS, 1, generator=rng))  # of DF = 2
    distractors = means.gather(1, chosen) + SCALE * noise / half_chi_square.sqrt()
    return torch.cat([slcp.simulate(rng, theta).flatten(1), distractors.flatten(1)], dim=1)


def relative_log_likelihood(
    theta: Float[Tensor, "*#B 5"], x: Float[Tensor, "*#B X"]
) -> Float[Tensor, "*B"]:
    """log p(x | theta) without that of the distractors."""
    return slcp.log_likelihood(theta, x[..., : 2 * slcp.POINTS].unflatten(-1, (-1, 2)))


simulator = Simulator(
    prior=slcp.prior,
    simulate=simulate,
    theta_names=slcp.simulator.theta_names,
    x_axes=("coordinate",),
    relative_log_likelihood=relative_log_likelihood,
)

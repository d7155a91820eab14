"""SLCP with distractors in sbibm's variant: 92 distractor coordinates from one fixed mixture.

The mixture has 20 equally likely components, Student-t distributions of 2 degrees of freedom in 92
dimensions. The 100 coordinates stand in an order that is mixed, once for all. Means, triangular
roots and order are in slcp_distractors_sbibm.npz; they were read from sbibm's gmm.torch and
permutation_idx.torch, and are those that numpy.random.seed(42) gives there.

The roots have condition numbers of 1e12 to 5e18: data of single precision have no usable density
of the distractors. They tell nothing of the parameters, and the likelihood is given without them.

Reference: task T.4 of Lueckmann et al. (2021), arXiv:2101.04653; sbibm 1.1.0, MIT licence.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from . import sbibm, slcp, slcp_distractors
from .base import Reference, Simulator

DIM = 92


class Mixture(NamedTuple):
    """The distractors' distribution, and where all coordinates go.

    Attributes:
        mean: Of each component.
        root: Lower triangular root of its scale matrix; entries on its diagonal may be negative.
        order: Which coordinate comes at each place: points first, then distractors.
    """

    mean: Float[Tensor, "K 92"]
    root: Float[Tensor, "K 92 92"]
    order: Int[Tensor, " 100"]


@cache
def mixture() -> Mixture:
    """As it stands in the file, in double precision."""
    with np.load(Path(__file__).with_suffix(".npz")) as file:
        mean, values, order = (torch.from_numpy(file[n]) for n in ("mean", "root", "order"))
    root = torch.zeros(len(mean), DIM, DIM, dtype=torch.float64)
    row, column = torch.tril_indices(DIM, DIM)
    root[:, row, column] = values.double()
    return Mixture(mean.double(), root, order.long())


def simulate(rng: Generator, theta: Float[Tensor, "B 5"]) -> Float[Tensor, "B 100"]:
    """The points of `slcp` and distractors, in mixed order."""
    mean, root, order = mixture()
    chosen = torch.randint(len(mean), (len(theta),), generator=rng)
    noise = torch.randn(len(theta), DIM, generator=rng)
    half_chi_square = -torch.log1p(-torch.rand(len(theta), 1, generator=rng))  # of two
    z, distractors = (noise / half_chi_square.sqrt()).double(), torch.empty(len(theta), DIM)
    for component in range(len(mean)):
        rows = chosen == component
        distractors[rows] = (mean[component] + z[rows] @ root[component].T).float()
    return torch.cat([slcp.simulate(rng, theta).flatten(1), distractors], dim=1)[:, order]


def relative_log_likelihood(
    theta: Float[Tensor, "*#B 5"], x: Float[Tensor, "*#B 100"]
) -> Float[Tensor, "*B"]:
    """log p(x | theta) without that of the distractors."""
    return slcp_distractors.relative_log_likelihood(theta, x[..., mixture().order.argsort()])


simulator = Simulator(
    prior=slcp.prior,
    simulate=simulate,
    theta_names=slcp.simulator.theta_names,
    x_axes=("coordinate",),
    relative_log_likelihood=relative_log_likelihood,
    reference=Reference(
        observed=lambda: sbibm.observations("slcp", "observation_distractors.csv"),
        theta=lambda: sbibm.true_parameters("slcp"),
        draws=lambda: sbibm.posterior_draws("slcp"),  # the distractors tell nothing
        source="sbibm 1.1.0",
    ),
)

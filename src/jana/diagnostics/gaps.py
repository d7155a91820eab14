"""Whether data are of a kind that simulations are: distances of summaries from typical ones.

What the distance is measured with is fitted to one half of the simulations, and what it is compared
with is of the other half: so the p-value of data from the simulator is uniform, whatever the
summary and its distribution.

Reference: Schmitt, Buerkner, Koethe & Radev (2023), arXiv:2112.08866, for gaps that summaries show;
Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World, for split conformal tests.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from sklearn.covariance import ledoit_wolf
from torch import Generator, Tensor

from .mmd import mmd2

LEAST = 1e-6  # standard deviation of a feature that does not vary
BLUR = 1e-3  # standard deviations


class Typical(NamedTuple):
    """What summaries of simulations are like.

    Attributes:
        centre: Their mean.
        whiten: Takes their covariance to the identity.
        features: Whitened, of the half that was not fitted to.
        distances: Their squared distances from the centre.
    """

    centre: Float[Tensor, " C"]
    whiten: Float[Tensor, "C C"]
    features: Float[Tensor, "K C"]
    distances: Float[Tensor, " K"]

    def whitened(self, features: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        """Features of which typical ones are uncorrelated, with variances of 1."""
        return (features.double() - self.centre) @ self.whiten.mT


def typical(features: Float[Tensor, "N C"]) -> Typical:
    """Learns from summaries of simulations, of 4 or more data sets.

    The covariance is shrunken towards independent features, as far as there are few simulations.

    Raises:
        ValueError: If there are fewer, or one is not finite.
    """
    if len(features) < 4 or not features.isfinite().all():
        raise ValueError(
            f"what is typical needs finite summaries of 4 simulations or more, not "
            f"{len(features)} with {int((~features.isfinite()).sum())} numbers that are not "
            "finite: simulate more, or look at the summary network"
        )
    fitted, others = features.double().tensor_split([(len(features) + 1) // 2])
    centre, sd = fitted.mean(0), fitted.std(0).clamp(min=LEAST)
    shrunken, _ = ledoit_wolf(((fitted - centre) / sd).numpy(), assume_centered=True)
    covariance = torch.from_numpy(shrunken)
    covariance.diagonal().add_(LEAST)
    root = torch.linalg.cholesky(covariance)
    whiten = torch.linalg.solve_triangular(root, torch.eye(len(sd)).double(), upper=False) / sd
    found = (others - centre) @ whiten.mT
    return Typical(centre, whiten, found, found.square().sum(-1))


def single(known: Typical, features: Float[Tensor, "B C"]) -> Float[Tensor, " B"]:
    """p-values of single data sets, by their Mahalanobis distance: 1 / (1 + K) at the least."""
    distance = known.whitened(features).square().sum(-1)
    farther = (known.distances >= distance[:, None]).sum(1)
    return (1 + farther).double() / (1 + len(known.distances))


def several(
    rng: Generator, known: Typical, features: Float[Tensor, "G B C"], references: int
) -> Float[Tensor, " G"]:
    """p-values of groups of data sets, by the MMD of their summaries from typical ones.

    Args:
        rng: Of the permutations.
        known: From `typical`.
        features: Of B data sets in each group.
        references: How many typical ones each is compared with.
    """
    # Of each group its own, as far as there are so many: or one odd set would judge all.
    chosen = [torch.randperm(len(known.features), generator=rng)[:references] for _ in features]
    reference = known.features[torch.stack(chosen)]
    pair = (_blurred(rng, part) for part in (reference, known.whitened(features)))
    return mmd2(rng, *pair, alike=True).p_value


def _blurred(rng: Generator, values: Float[Tensor, "G B C"]) -> Float[Tensor, "G B C"]:
    """With a little noise, alike in both samples: some features do not vary among the typical."""
    return values + BLUR * torch.randn(values.shape, generator=rng, dtype=values.dtype)

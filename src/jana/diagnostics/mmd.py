"""The maximum mean discrepancy of two samples, with a permutation p-value.

A kernel may have f(i) + f(j) taken from every entry off its diagonal: the U-statistic below does
not change. So its rows are made to sum to zero, and the sum within the reference alone remains,
of every relabelling of the pooled sample at once by one matrix product. It loses no digits to
sums that cancel, so that single precision is enough.

Reference: Gretton et al. (2012), JMLR 13(25), equation 3 and section 8.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

PERMUTATIONS = 200
FARTHEST = 1e18  # standard deviations: squares of more overflow single precision


class Discrepancy(NamedTuple):
    """How far two samples are apart, by observation.

    Attributes:
        value: Unbiased squared MMD: 0 on average for equal distributions, so negative as often as
            not, and 2 at most. Comparable only where the reference and the number of
            coordinates are the same.
        p_value: Share of relabelled samples that are as far apart; at least 1 / (1 + P).
    """

    value: Float[Tensor, " B"]
    p_value: Float[Tensor, " B"]


def mmd2(
    rng: Generator,
    reference: Float[Tensor, "B L D"],
    draws: Float[Tensor, "B N D"],
    permutations: int = PERMUTATIONS,
    alike: bool = False,
) -> Discrepancy:
    """Squared MMD of the judged draws from the reference, under a Gaussian kernel.

    Both samples are z-scored by the reference, and the kernel's standard deviation is the median
    distance between two draws of the reference, so that values do not depend on who is judged.
    The p-value supposes independent draws: thin chains first, and judge no resampled draws by it.
    It is exact but for what the kernel knows of the reference: of 20 draws each, 6 of 100 equal
    pairs have p <= 0.05; of 50 and more, 5. All observations are relabelled alike, so that none
    depends on which others there are.

    Args:
        rng: For the permutations.
        reference: Draws of the reference posterior of each observation.
        draws: Draws that are judged, as many or not.
        permutations: P, how many relabellings the p-value rests on.
        alike: Whether both samples tell scales and bandwidth. The p-value is exact then, also of
            few draws; values of different samples do not compare.

    Raises:
        ValueError: If there are fewer than 2 draws, one is not finite, or the reference has a
            coordinate without spread or is mostly copies of one draw.
    """
    _check(reference, draws)
    n_first, n_second = reference.shape[1], draws.shape[1]
    labels = _labels(rng, n_first, n_first + n_second, permutations).float()
    known = torch.cat([reference, draws], 1).double() if alike else reference.double()
    mean, sd = known.mean(1, keepdim=True), known.std(1, keepdim=True)
    pooled = ((torch.cat([reference, draws], 1) - mean) / sd).clamp(-FARTHEST, FARTHEST).float()
    n_known = known.shape[1]
    sums = torch.stack([_sums(_kernel(sample, n_known), labels) for sample in pooled])
    # What is left of all three sums of the statistic when rows sum to zero.
    factor = 1 / (n_first * (n_first - 1)) + 1 / (n_second * (n_second - 1))
    values = (factor + 2 / (n_first * n_second)) * sums
    as_far = (values[:, 1:] >= values[:, :1]).sum(1)
    return Discrepancy(values[:, 0], (1 + as_far).double() / (1 + permutations))


def _labels(rng: Generator, n_first: int, n: int, permutations: int) -> Bool[Tensor, "N P"]:
    """Who counts as reference: as it is in the first column, by chance in all others."""
    order = torch.rand(permutations, n, generator=rng, dtype=torch.float64).argsort(1)
    return torch.cat([torch.arange(n)[None], order]).mT < n_first


def _kernel(pooled: Float[Tensor, "N D"], n_known: int) -> Float[Tensor, "N N"]:
    """The Gaussian kernel less its rows' and columns' part; zeros on the diagonal.

    Its bandwidth is of the first `n_known` rows.
    """
    # Differences, not products: those lose the distances between draws far from the reference.
    kernel = torch.cdist(pooled, pooled, compute_mode="donot_use_mm_for_euclid_dist")
    above = torch.ones(n_known, n_known, dtype=torch.bool).triu(1)
    bandwidth = float(kernel[:n_known, :n_known][above].median())
    if bandwidth == 0:
        raise ValueError(
            "the median distance between reference draws must be positive, but most are copies of "
            "one: take draws that were not resampled"
        )
    kernel.div_(bandwidth).square_().mul_(-0.5).exp_().fill_diagonal_(0)
    rows = kernel.sum(1, dtype=torch.float64)
    part = ((rows - rows.sum() / (2 * len(rows) - 2)) / (len(rows) - 2)).float()
    return kernel.sub_(part).sub_(part[:, None]).fill_diagonal_(0)


def _sums(kernel: Float[Tensor, "N N"], labels: Float[Tensor, "N P"]) -> Float[Tensor, " P"]:
    """The sum of the kernel within those labelled, for each labelling."""
    return ((kernel @ labels) * labels).sum(0, dtype=torch.float64)


def _check(reference: Float[Tensor, "B L D"], draws: Float[Tensor, "B N D"]) -> None:
    fewest = min(reference.shape[1], draws.shape[1])
    if fewest < 2:
        raise ValueError(f"MMD needs 2 draws or more of each sample, not {fewest}: draw more")
    if not (reference.isfinite().all() and draws.isfinite().all()):
        raise ValueError("MMD needs finite draws, but some are not: look at where they came from")
    if not (reference.std(1) > 0).all():
        raise ValueError(
            "MMD z-scores by the reference, but one of its coordinates is constant: leave it out"
        )

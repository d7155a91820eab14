"""Tests of accuracy with reference points, as ranks of the truth's distance from them.

Reference: Lemos, Coogan, Hezaveh & Perreault-Levasseur (2023), ICML, arXiv:2302.03026.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

ROWS = 128  # of data sets whose distances to the pool are held at once


def ranks(
    truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"], reference: Float[Tensor, "B D"]
) -> Int[Tensor, "B 1"]:
    """How many of its L posterior draws lie closer to a reference point than each truth does.

    Were the draws exact, the ranks would be uniform on 0, ..., L, whatever the reference points
    are, as long as they do not depend on the truth but through the data. Unlike the ranks of
    single parameters they judge all coordinates together. Their ECDF at a is the share of
    data sets whose truth lies in the ball around the reference that holds a share a of the
    posterior: expected coverage.

    Many small ranks say that the posteriors lie farther from the reference points than the truths
    do. From points far outside, a bowl says too narrow and a hump too wide, as for ranks of a
    parameter. From points inside, as `neighbours` gives, too narrow is a slope towards large
    ranks; too wide, displaced or ignorant of the data one towards small ranks. A bias within the
    posterior's width is seen late, for it moves as many draws closer as away: ranks of single
    parameters see it sooner. Points drawn without regard to the data cannot see that posteriors
    ignore the data: the prior passes. Those of `neighbours` can.

    Distances are Euclidean, of coordinates divided by the standard deviation of all truths.

    Args:
        truth: Parameters from the prior, in the units of the simulator.
        draws: Draws of p(theta | x_b), where x_b was simulated from truth[b].
        reference: One point for each data set.

    Returns:
        Counts between 0 and L, both included, as one column: for `ecdf`, one quantity.

    Raises:
        ValueError: If a value is NaN, which no comparison would notice, a parameter is the same
            in all data sets, or a reference point is its data set's own truth.
    """
    farther, found = distances(truth, draws, reference)
    return (found < farther[:, None]).sum(1)


def distances(
    truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"], reference: Float[Tensor, "B D"]
) -> tuple[Float[Tensor, "B 1"], Float[Tensor, "B L 1"]]:
    """What `ranks` counts: the square of each truth's distance from its point, and its draws'."""
    _check(truth, draws, reference)
    # In double precision, where distances of distinct points in single precision do not tie.
    sd = truth.double().std(0)
    centre = reference.double()
    own = ((truth - centre) / sd).square().sum(-1, keepdim=True)
    return own, (draws - centre[:, None]).div_(sd).square_().sum(-1, keepdim=True)


def neighbours(x: Float[Tensor, " B *X"], pool: Float[Tensor, " N *X"]) -> Int[Tensor, " B"]:
    """Which of other simulated data sets is nearest to each data set.

    The parameters that this neighbour came from are a reference point for `ranks`: it depends on
    the data, but neither on the truth nor on the approximation that is judged. It lies within
    the posterior, and so a prior that is passed off as posterior lies too far from it.

    Distances are Euclidean, of all coordinates of a data set, standardised by the pool. Bring
    data with heavy tails to a better scale first, and exchangeable trials into one order (sort
    them): any choice is valid, but only neighbours with like parameters have power.

    Args:
        x: Data sets whose posteriors are judged.
        pool: Data sets simulated apart from these: none of them may be among them.

    Raises:
        ValueError: If a value is not finite: it has no distance.
    """
    if not (x.isfinite().all() and pool.isfinite().all()):
        raise ValueError("neighbours need finite data, but some are not: recode what is missing")
    rows = pool.flatten(1).double()
    mean, sd = rows.mean(0), rows.std(0)
    sd = sd.where(sd > 0, 1.0)  # constants in the data tell nothing, and divide by nothing
    rows = (rows - mean) / sd
    half_squares = rows.square().sum(1) / 2
    chunks = ((x.flatten(1) - mean) / sd).split(ROWS)
    return torch.cat([(half_squares - chunk @ rows.mT).argmin(1) for chunk in chunks])


def _check(
    truth: Float[Tensor, "B D"], draws: Float[Tensor, "B L D"], reference: Float[Tensor, "B D"]
) -> None:
    if truth.isnan().any() or draws.isnan().any() or reference.isnan().any():
        raise ValueError("TARP needs numbers, but some points are NaN: look for the cause")
    if not (truth.std(0) > 0).all():
        raise ValueError(
            "TARP divides by the spread of the truths, but a parameter has none over "
            f"{len(truth)} data sets: leave it out, or judge more data sets"
        )
    if (truth == reference).all(1).any():
        raise ValueError(
            "a reference point must not depend on the truth, but some are the truth: take the "
            "data set itself out of the pool of neighbours"
        )

"""Posterior samples out of reference fits, for tasks of which nothing else is known."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..simulators.base import two_samples


def samples(
    rng: Generator, fits: list[Float[Tensor, "B C N D"]], n: int
) -> tuple[Float[Tensor, "B N D"], Float[Tensor, "B K D"]] | None:
    """Two samples of each posterior out of its fits' chains; None where there are no fits.

    Raises:
        ValueError: If a data set has no fit, or fewer draws than are asked for.
    """
    if not fits:
        return None
    draws = torch.cat(fits).flatten(1, 2).float()
    failed = (~draws.isfinite().all(-1).all(-1)).nonzero().flatten().tolist()
    if failed:
        raise ValueError(
            f"reference draws need a fit of every observation, but {failed} could not be fitted: "
            "see the log of the rule reference, or leave the task out of stan.tasks"
        )
    return two_samples(rng, draws, n, "Stan's fits")

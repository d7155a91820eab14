"""Posterior samples out of reference fits, for tasks of which nothing else is known."""

import torch
import xarray as xr
from jaxtyping import Float
from torch import Generator, Tensor


def samples(
    rng: Generator, fits: list[xr.Dataset], n: int
) -> tuple[Float[Tensor, "B N D"], Float[Tensor, "B N D"]] | None:
    """Two samples of each posterior, of chains that they do not share; None without fits.

    Draws of a chain depend on each other: only other chains are another sample. How many
    independent ones a sample is worth, the fits' effective sample sizes say.

    Args:
        rng: Of which draws are taken.
        fits: Of some data sets each: `theta` by data set, chain and draw, and `status`.
        n: Draws in each sample.

    Raises:
        ValueError: If a fit has not passed its gate, or half of the chains have too few draws.
    """
    if not fits:
        return None
    status = [str(one) for fit in fits for one in fit["status"].values]
    poor = {index: said for index, said in enumerate(status) if said != "ok"}
    if poor:
        raise ValueError(
            f"reference draws need a fit of every observation that has passed its gate, but "
            f"{poor} have not: raise stan.draws, or leave the task out of stan.tasks"
        )
    draws = torch.cat([torch.from_numpy(fit["theta"].values) for fit in fits]).float()
    halves = [half.flatten(1, 2) for half in draws.chunk(2, dim=1)]
    many = min(half.shape[1] for half in halves)
    if n > many:
        raise ValueError(
            f"half of a fit's chains have {many} draws, but {n} are asked for: raise stan.draws, "
            "or lower benchmarks.draws or benchmarks.c2st.full"
        )
    first, second = (half[:, torch.randperm(half.shape[1], generator=rng)[:n]] for half in halves)
    return first, second

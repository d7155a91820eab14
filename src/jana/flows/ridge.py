"""A linear regression, as flows start from."""

import torch
from jaxtyping import Float
from torch import Tensor

RIDGE = 1e-3  # a prior precision of the standardized slopes


def ridge(
    design: Float[Tensor, "R F"], target: Float[Tensor, " R"]
) -> tuple[Float[Tensor, " F"], Float[Tensor, ""]]:
    """Slopes and offset of a regression on standardized features, in double precision."""
    centre, spread = design.mean(0), design.std(0).clamp(min=1e-6)
    unit = (design - centre) / spread
    inner = unit.mT @ unit
    inner.diagonal().add_(RIDGE * len(unit))
    found = torch.linalg.solve(inner, unit.mT @ (target - target.mean())) / spread
    return found, target.mean() - centre @ found


def some(n: int, most: int, device: torch.device) -> Tensor:
    """At most so many of `n` rows, evenly.

    Not every so many-th: rows are steps, whose clock that may keep step with.
    """
    return torch.linspace(0, n - 1, min(n, most), dtype=torch.float64, device=device).long()

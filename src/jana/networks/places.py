"""Places along an axis, as a tensor that lies on the device already."""

from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Int
from torch import Tensor


def at(places: Sequence[int], device: torch.device) -> Int[Tensor, " K"]:
    """For indexing in place of a list, which would be carried to the device every time.

    A step that is recorded for a GPU may carry nothing there.
    """
    return _lying(tuple(places), device)


@cache
def _lying(places: tuple[int, ...], device: torch.device) -> Int[Tensor, " K"]:
    return torch.tensor(places, dtype=torch.long, device=device)

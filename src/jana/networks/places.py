"""Numbers on the device: places that lie there already, and others without waiting."""

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


def there(values: Tensor, device: torch.device) -> Tensor:
    """On the device; nobody waits while a GPU takes a step."""
    cuda = device.type == "cuda"
    return values.pin_memory().to(device, non_blocking=True) if cuda else values.to(device)

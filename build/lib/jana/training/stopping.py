"""When to stop: pure functions of validation losses, member by member."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def improved(
    best: Float[Tensor, " M"], loss: Float[Tensor, " M"], running: Bool[Tensor, " M"]
) -> Bool[Tensor, " M"]:
    """Which members are at a new best. NaN is none."""
    return running & (loss < best)


def exhausted(best_epoch: Int[Tensor, " M"], epoch: int, patience: int) -> Bool[Tensor, " M"]:
    """Which members have gone `patience` epochs without a new best."""
    return torch.as_tensor(epoch - best_epoch >= patience)

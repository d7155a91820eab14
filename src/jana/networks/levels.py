"""How networks see numbers that are zero or positive."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Levels(nn.Module):
    """How networks see such numbers: standardized logarithms, 0 at zeros, and flags of zeros."""

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("sd", torch.ones(size))

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "R X"]) -> None:
        """Takes mean and standard deviation of the logarithms of what is positive."""
        for place, column in enumerate(x.unbind(-1)):
            log = column[column > 0].double().log()
            if len(log) > 1:
                self.mean[place], self.sd[place] = log.mean(), log.std().clamp(min=1e-3)

    def forward(self, x: Float[Tensor, "*B X"]) -> Float[Tensor, "*B 2*X"]:
        """Logarithms first, then flags."""
        positive = x > 0
        log = (torch.where(positive, x, 1.0).log() - self.mean) / self.sd
        return torch.cat([torch.where(positive, log, 0.0), (~positive).to(x)], -1)


NEAR = 0.1  # of a logarithm, that is seen in more detail
FAR = 20.0  # beyond which all are as far
DEVIATIONS = 3  # features of each number


def deviations(ratio: Float[Tensor, "*B X"]) -> Float[Tensor, "*B 3*X"]:
    """How networks see numbers beside what was expected of them.

    Logarithms, 0 at zeros; the same in more detail where they are small; flags of zeros.
    """
    positive = ratio > 0
    log = torch.where(positive, ratio, 1.0).log().clamp(-FAR, FAR)
    return torch.cat([log, (log / NEAR).tanh(), (~positive).to(ratio)], -1)

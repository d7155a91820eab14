"""C2ST of every observation."""

import math

from jaxtyping import Float
from torch import Tensor

from ..diagnostics.c2st import c2st
from ..io.tables import row


def rows(
    labels: dict,
    exact: Float[Tensor, "B L D"],
    draws: Float[Tensor, "B L D"],
    **fields: object,
) -> list[dict]:
    """One row per observation; the error is that of a share of 2 L classified draws.

    Args:
        labels: Columns that all rows share.
        exact: Exact posterior draws.
        draws: Those that are judged.
        fields: Further columns, such as the method and the seed.
    """
    n = exact.shape[1]
    found = []
    for observation, pair in enumerate(zip(exact.numpy(), draws.numpy(), strict=True)):
        value = c2st(*pair)
        error = math.sqrt(value * (1 - value) / (2 * n))
        found.append(
            row(labels, "c2st", value, error=error, observation=observation, draws=n, **fields)
        )
    return found

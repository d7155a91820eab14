"""C2ST of every observation."""

import math

from jaxtyping import Float
from torch import Tensor

from ..diagnostics.c2st import c2st
from ..io.tables import row

ARRAYS = {"jana": "posterior", "jana_refined": "refined"}  # by method


def methods(answer: str, parameters: int, both: int) -> dict[str, str]:
    """Which draws are judged: the name of the array, by method.

    Args:
        answer: The method that is always judged.
        parameters: How many the task has.
        both: Up to how many the other method is judged too.
    """
    return ARRAYS if parameters <= both else {answer: ARRAYS[answer]}


def rows(
    labels: dict, exact: Float[Tensor, "B L D"], draws: Float[Tensor, "B L D"], **fields: object
) -> list[dict]:
    """One row per observation; the error is that of a share of 2 L draws, which is a little small.

    Args:
        labels: Columns that all rows share.
        exact: Exact posterior draws.
        draws: Those that are judged.
        fields: Further columns, such as the method and the seed.
    """
    n = exact.shape[1]
    return [
        row(
            labels,
            "c2st",
            value,
            error=math.sqrt(value * (1 - value) / (2 * n)),
            observation=observation,
            draws=n,
            **fields,
        )
        for observation, value in enumerate(c2st(exact, draws).tolist())
    ]

"""How training went."""

from jaxtyping import Float, Int
from torch import Tensor

from ..io.tables import row


def rows(
    labels: dict,
    parts: tuple[str, ...],
    kept: Int[Tensor, "P M"],
    skipped: Int[Tensor, "P M"],
    seconds: Float[Tensor, ""],
) -> list[dict]:
    """Per part and seed: the epoch that was kept and the steps left out; the time of all.

    Args:
        labels: Columns that all rows share.
        parts: Names of the networks.
        kept: After how many epochs each had its best validation loss; 0 is the linear
            regression that it starts from.
        skipped: Steps that were not finite.
        seconds: Spent on training all seeds.
    """
    found = [
        row(labels, metric, float(value), seed=seed, quantity=part, method="jana", unit=unit)
        for metric, values, unit in (("best_epoch", kept, "epochs"), ("skipped", skipped, "steps"))
        for part, members in zip(parts, values, strict=True)
        for seed, value in enumerate(members)
    ]
    return [*found, row(labels, "train_seconds", float(seconds), unit="s", method="jana")]

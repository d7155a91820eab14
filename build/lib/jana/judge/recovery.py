"""How well each parameter is recovered."""

from collections.abc import Sequence

from ..diagnostics.recovery import Recovery
from ..io.tables import row


def rows(labels: dict, members: Sequence[Recovery], names: Sequence[str]) -> list[dict]:
    """Per seed and parameter: R^2 and correlation of posterior medians, contraction."""
    return [
        row(labels, metric, float(value), seed=seed, quantity=name, method="jana")
        for seed, member in enumerate(members)
        for metric in ("r2", "correlation", "contraction")
        for name, value in zip(names, getattr(member, metric), strict=True)
    ]

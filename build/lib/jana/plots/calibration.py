"""Pictures of calibration."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from numpy import ndarray

from .style import LINES


def rank_ecdfs(
    ax: Axes,
    grid: ndarray,
    ecdfs: ndarray,
    lower: ndarray,
    upper: ndarray,
    names: Sequence[str],
) -> None:
    """Rank ECDFs of several quantities over their simultaneous band, less the diagonal.

    Args:
        ax: Where to draw.
        grid: Fractional ranks (K,).
        ecdfs: One row per quantity (Q, K).
        lower: Lower edge of the band (K,), as an ECDF.
        upper: Upper edge.
        names: Of the quantities.
    """
    ax.fill_between(grid, lower - grid, upper - grid, color="0.88", linewidth=0)
    for index, (ecdf, name) in enumerate(zip(ecdfs, names, strict=True)):
        ax.step(grid, ecdf - grid, where="mid", color=LINES[index % len(LINES)], label=name)
    ax.axhline(0, color="0.5", linewidth=0.5)
    ax.set(xlabel="fractional rank", ylabel="ECDF - uniform", xlim=(0, 1))

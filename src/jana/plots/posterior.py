"""Pictures of draws against the draws they should look like."""

from matplotlib.axes import Axes
from numpy import ndarray

from .style import APPROXIMATE, EXACT


def clouds(
    ax: Axes, exact: ndarray, approximate: ndarray, names: tuple[str, str], labels: tuple[str, str]
) -> None:
    """Two samples (L, 2) as points: the exact one beneath, the approximate one above."""
    ax.plot(*exact.T, ".", color=EXACT, markersize=4.0, alpha=0.35, mew=0, label=labels[0])
    ax.plot(*approximate.T, ".", color=APPROXIMATE, markersize=1.8, mew=0, label=labels[1])
    ax.set(xlabel=names[0], ylabel=names[1])


def ecdf_differences(
    ax: Axes, shares: ndarray, differences: ndarray, lower: ndarray, upper: ndarray
) -> None:
    """ECDF of approximate draws less that of exact ones, every coordinate a line.

    Args:
        ax: Where to draw.
        shares: ECDF of the exact draws where the two are compared (K,).
        differences: One row per coordinate (D, K).
        lower: Lower edge of the band of a second exact sample (K,).
        upper: Its upper edge.
    """
    ax.fill_between(shares, lower, upper, color="0.88", linewidth=0)
    ax.plot(shares, differences.T, color=APPROXIMATE, linewidth=0.8)
    ax.axhline(0, color="0.5", linewidth=0.5)
    ax.set(xlabel="ECDF of exact draws", ylabel="ECDF difference", xlim=(0, 1))

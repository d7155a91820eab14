"""Pictures of recovered parameters."""

from matplotlib.axes import Axes
from numpy import ndarray

from .style import POSTERIOR


def medians(ax: Axes, truth: ndarray, median: ndarray, name: str, note: str) -> None:
    """Posterior medians (B,) over true values (B,), with a note such as r and R^2."""
    ax.plot(truth, median, ".", color=POSTERIOR, markersize=1.6, alpha=0.5, mew=0)
    ends = [truth.min(), truth.max()]
    ax.plot(ends, ends, color="0.3", linewidth=0.6)
    ax.set_title(f"{name}\n{note}")

"""Pictures of calibration."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from .style import JOINT, LINES, POSTERIOR, figure, legend_outside

FEW = 14  # quantities that one panel can show
COLUMNS = 6  # of panels across the page
FARTHEST = 0.2  # from uniform, that panels of single quantities show


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


def overlaid(
    grid: ndarray, kinds: dict[str, ndarray], edges: tuple[ndarray, ndarray], names: Sequence[str]
) -> Figure:
    """A panel for each kind of SBC, with a line for each of a few quantities.

    Args:
        grid: Fractional ranks (K,).
        kinds: ECDFs (Q, K) by what the panel is called.
        edges: Of the band.
        names: Of the quantities.
    """
    picture = figure(3.0)
    panels = picture.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for ax, (title, ecdfs) in zip(panels, kinds.items(), strict=True):
        rank_ecdfs(ax, grid, ecdfs, *edges, names)
        ax.set_title(title)
    for ax in panels[1:]:
        ax.set_ylabel("")
    picture.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
    return picture


def gridded(
    grid: ndarray, kinds: dict[str, ndarray], edges: tuple[ndarray, ndarray], names: Sequence[str]
) -> Figure:
    """A panel for each of many quantities, with a line for each kind of SBC; as `overlaid`."""
    rows = math.ceil(len(names) / COLUMNS)
    picture = figure(1.05 * rows + 0.4)
    panels = picture.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    lower, upper = (edge - grid for edge in edges)
    for index, (ax, name) in enumerate(zip(panels, names, strict=False)):
        ax.fill_between(grid, lower, upper, color="0.88", linewidth=0)
        ax.axhline(0, color="0.5", linewidth=0.5)
        for (kind, ecdfs), colour in zip(kinds.items(), (POSTERIOR, JOINT), strict=True):
            ax.step(grid, ecdfs[index] - grid, where="mid", color=colour, label=kind)
        ax.set(title=name, xlim=(0, 1), ylim=(-FARTHEST, FARTHEST))
    for ax in panels[len(names) :]:
        ax.set_visible(False)
    legend_outside(picture, panels[0])
    picture.supxlabel("fractional rank")
    picture.supylabel("ECDF - uniform")
    return picture

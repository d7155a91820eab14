"""Pictures of methods beside each other."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator
from numpy import ndarray

from .style import APPROXIMATE, EXACT, LINES

BOXED = 5  # runs from which on there are quartiles to speak of
BUDGETS = ("#9fc5e0", "#4a90c2", "#1b4f8f", "#0d2a4d")  # from the smallest to the largest


def scatters(
    figure: Figure,
    panels: Mapping[tuple[str, str], ndarray | None],
    exact: ndarray,
    sizes: tuple[int, int],
) -> None:
    """Draws of each method and budget, over exact ones, a panel after another.

    Args:
        figure: Where to draw.
        panels: By two lines of a title, draws (L, 2), or None of a failed run.
        exact: Exact draws (L, 2).
        sizes: Numbers of rows and columns, enough for all panels.
    """
    axes = figure.subplots(*sizes, sharex=True, sharey=True, squeeze=False)
    shown = exact.min(0), exact.max(0)
    margin = 0.25 * (shown[1] - shown[0])
    for ax in axes.flat:
        ax.axis("off")
    for ax, (title, draws) in zip(axes.flat, panels.items(), strict=False):
        ax.axis("on")
        ax.plot(*exact.T, ".", color=EXACT, markersize=2.6, alpha=0.35, mew=0)
        if draws is None:
            ax.text(0.5, 0.5, "failed", ha="center", va="center", transform=ax.transAxes)
        else:
            ax.plot(*draws.T, ".", color=APPROXIMATE, markersize=1.4, mew=0)
        ax.set(
            xlim=(shown[0][0] - margin[0], shown[1][0] + margin[0]),
            ylim=(shown[0][1] - margin[1], shown[1][1] + margin[1]),
            xticks=[],
            yticks=[],
        )
        ax.set_title("\n".join(title), fontsize=7)


def boxes(
    ax: Axes,
    values: Mapping[str, Mapping[int, Sequence[float]]],
    band: tuple[float, float],
    published: Mapping[str, float],
    title: str,
) -> None:
    """A dot for each run, by method and budget, and a bar at their median, over the floor.

    Where runs are many, a box holds the middle half of them.

    Args:
        ax: Where to draw.
        values: By method and budget, a value for each run.
        band: Where 90 % of exact samples lie.
        published: By method, the published median.
        title: Of the vertical axis.
    """
    ax.axhspan(*band, color="0.88", linewidth=0, label="exact samples, 90 %")
    budgets = sorted({budget for each in values.values() for budget in each})
    width = 0.8 / max(1, len(budgets))
    for place, (method, each) in enumerate(values.items()):
        for at, budget in enumerate(budgets):
            if budget not in each:
                continue
            runs, x = sorted(each[budget]), place - 0.4 + (at + 0.5) * width
            colour = BUDGETS[-len(budgets) :][at]
            ax.plot([x] * len(runs), runs, ".", color=colour, markersize=4, mew=0, alpha=0.8)
            ends, (low, middle, high) = (x - 0.4 * width, x + 0.4 * width), _quartiles(runs)
            ax.plot(ends, [middle] * 2, color=colour, linewidth=1.8)
            if len(runs) >= BOXED:
                box = (ends[0], low), 0.8 * width, high - low
                ax.add_patch(Rectangle(*box, facecolor=colour, alpha=0.3, linewidth=0))
        if method in published:
            ax.plot(place + 0.46, published[method], "_", color="black", markersize=7)
    for at, budget in enumerate(budgets):
        ax.plot([], [], color=BUDGETS[-len(budgets) :][at], linewidth=1.8, label=f"{budget:,}")
    if published:
        ax.plot([], [], "_", color="black", markersize=7, label="published, 10,000")
    ax.set_xticks(range(len(values)), values, rotation=40, ha="right")
    ax.set(ylabel=title, xlim=(-0.6, len(values) - 0.4), yscale="log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())


def _quartiles(runs: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(runs, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def times(
    ax: Axes,
    points: Mapping[str, Sequence[tuple[int, float, float, bool]]],
    floor: float,
    title: str,
) -> None:
    """Accuracy over seconds: a line for each method, a dot for each budget, larger with it.

    Args:
        ax: Where to draw.
        points: By method, budget, seconds and score, and whether that was measured: else its dot
            is hollow.
        floor: Of the score.
        title: Of the horizontal axis.
    """
    largest = max((budget for each in points.values() for budget, *_ in each), default=1)
    for at, (method, each) in enumerate(points.items()):
        ordered, colour = sorted(each), LINES[at % len(LINES)]
        marker = "osD^v"[at // len(LINES)]
        _, seconds, score, _ = zip(*ordered, strict=True)
        ax.plot(seconds, score, color=colour, linewidth=0.7)
        ax.plot([], [], color=colour, linewidth=0.7, label=method, marker=marker, ms=3)
        for budget, x, y, measured in ordered:
            face = colour if measured else "white"
            size = 3 + 4 * budget / largest
            ax.plot(x, y, marker, color=colour, markerfacecolor=face, markersize=size, mew=0.7)
    ax.axhline(floor, color="0.5", linewidth=0.6, linestyle=":")
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set(xlabel=title, ylabel="C2ST (0.5: not told apart)")

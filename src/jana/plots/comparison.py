"""Pictures of methods beside each other."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator
from numpy import ndarray

from .style import APPROXIMATE, EXACT, LINES

BOXED = 5  # runs from which on there are quartiles to speak of


def scatters(
    figure: Figure,
    panels: Mapping[tuple[str, str], ndarray | None],
    exact: ndarray,
    names: Sequence[str],
    sizes: tuple[int, int],
) -> None:
    """Draws of each method and budget, over exact ones, a panel after another.

    How many lie beyond a panel's edges is said in it.

    Args:
        figure: Where to draw.
        panels: By two lines of a title, draws (L, 2), or None of a failed run.
        exact: Exact draws (L, 2).
        names: Of both parameters.
        sizes: Numbers of rows and columns, enough for all panels.
    """
    axes = figure.subplots(*sizes, sharex=True, sharey=True, squeeze=False)
    margin = 0.25 * (exact.max(0) - exact.min(0))
    low, high = exact.min(0) - margin, exact.max(0) + margin
    for ax in axes.flat:
        ax.axis("off")
    for ax, (title, draws) in zip(axes.flat, panels.items(), strict=False):
        ax.axis("on")
        ax.plot(*exact.T, ".", color=EXACT, markersize=2.6, alpha=0.35, mew=0)
        if draws is None:
            ax.text(0.5, 0.5, "failed", ha="center", va="center", transform=ax.transAxes)
        else:
            ax.plot(*draws.T, ".", color=APPROXIMATE, markersize=1.4, mew=0)
            beyond = int(((draws < low) | (draws > high)).any(1).sum())
            if beyond:
                ax.text(0.97, 0.03, f"{beyond} beyond", ha="right", transform=ax.transAxes)
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        ax.xaxis.set_major_locator(MaxNLocator(3))
        ax.yaxis.set_major_locator(MaxNLocator(3))
        ax.set_title("\n".join(title), fontsize=7)
    figure.supxlabel(names[0])
    figure.supylabel(names[1])


class Box(NamedTuple):
    """Runs of one method and budget.

    Attributes:
        runs: A value for each; of published ones their median.
        band: Where 90 % of the medians of as many exact samples lie.
        quartiles: The first and the third, where only these are known.
    """

    runs: list[float]
    band: tuple[float, float]
    quartiles: tuple[float, ...] = ()


def boxes(
    ax: Axes, groups: Mapping[str, Mapping[str, Box]], colours: Mapping[str, str], title: str
) -> None:
    """A dot for each run and a bar at their median, over the band of exact samples' medians.

    Where runs are many, a box holds the middle half of them; a line does so of published ones.

    Args:
        ax: Where to draw.
        groups: By method, then by what the legend calls them.
        colours: By what the legend calls them, in the order in which they stand in a group.
        title: Of the vertical axis.
    """
    names = list(colours)
    width = 0.84 / max(1, len(names))
    for place, each in enumerate(groups.values()):
        for name, box in each.items():
            x, colour = place - 0.42 + (names.index(name) + 0.5) * width, colours[name]
            low, middle, high = np.quantile(box.runs, [0.25, 0.5, 0.75])
            ends, size = (x - 0.42 * width, x + 0.42 * width), 0.84 * width
            grey = (ends[0], box.band[0]), size, box.band[1] - box.band[0]
            ax.add_patch(Rectangle(*grey, facecolor="0.85", linewidth=0))
            ax.plot([x] * len(box.runs), box.runs, ".", color=colour, markersize=4, mew=0)
            ax.plot(ends, [middle] * 2, color=colour, linewidth=1.8)
            if len(box.runs) >= BOXED:
                half = (ends[0], low), size, high - low
                ax.add_patch(Rectangle(*half, facecolor=colour, alpha=0.3, linewidth=0))
            if len(box.quartiles) == 2:
                ax.plot([x] * 2, box.quartiles, color=colour, linewidth=0.9)
    ax.set_xticks(range(len(groups)), groups, rotation=40, ha="right")
    ax.set(ylabel=title, xlim=(-0.6, len(groups) - 0.4), yscale="log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())


def coloured(panels: Iterable[Mapping[str, Mapping[str, Box]]]) -> dict[str, str]:
    """A colour for each number of simulations, darker with it, and black for what is published."""
    names = {name for groups in panels for each in groups.values() for name in each}
    told = sorted(name for name in names if name.startswith("published"))
    own = sorted(names - set(told), key=lambda name: int(name.replace(",", "")))
    shades = colormaps["Blues"](np.linspace(0.95, 0.4, max(len(own), 1)))[::-1]
    return dict(zip(own, map(to_hex, shades), strict=False)) | dict.fromkeys(told, "black")


def legend(figure: Figure, colours: Mapping[str, str]) -> None:
    """What the colours and the grey of `boxes` are."""
    bars = [Line2D([], [], color=colour, linewidth=1.8) for colour in colours.values()]
    names = [n if n.startswith("published") else f"{n} simulations" for n in colours]
    grey = Rectangle((0, 0), 1, 1, facecolor="0.85", linewidth=0)
    said = "medians of as many exact samples, 90 %"
    figure.legend([*bars, grey], [*names, said], loc="outside upper center", ncols=len(names) + 1)


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

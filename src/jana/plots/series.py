"""Pictures of series that a network makes, over those of the simulator."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from numpy import arange, ndarray

from .style import APPROXIMATE, EXACT, JOINT, POSTERIOR

SOURCES = {
    "exact": (EXACT, "simulator"),
    "static": (JOINT, "static"),
    "jana": (POSTERIOR, "network"),
}


def bands(ax: Axes, simulator: ndarray, network: ndarray, name: str) -> None:
    """Medians and central intervals by day: grey areas of the simulator, lines of the network.

    Args:
        ax: Where to draw.
        simulator: Five quantiles (2.5, 25, 50, 75 and 97.5 %) by day (5, T).
        network: The same.
        name: Of the series.
    """
    day = arange(simulator.shape[1])
    ax.fill_between(
        day, simulator[0], simulator[4], color="0.88", linewidth=0, label="simulator, 95 %"
    )
    ax.fill_between(day, simulator[1], simulator[3], color="0.74", linewidth=0, label="50 %")
    ax.plot(day, simulator[2], color=EXACT, linewidth=1.6, label="median")
    ax.plot(day, network[2], color=POSTERIOR, linewidth=0.9, label="network, median")
    for at, style in ((0, ":"), (4, ":"), (1, "--"), (3, "--")):
        words = {0: "95 %", 1: "50 %"}.get(at)
        ax.plot(day, network[at], style, color=APPROXIMATE, linewidth=0.8, label=words)
    ax.set(title=name, xlabel="day")


def coverage(ax: Axes, levels: ndarray, shares: ndarray) -> None:
    """How many of the simulator's reports lie in the network's central intervals, by day."""
    for level, share in zip(levels, shares, strict=True):
        ax.axhline(level, color="0.3", linewidth=0.6)
        ax.plot(share, color=POSTERIOR, linewidth=0.8)
    ax.set(xlabel="day", ylim=(0, 1.02))


def autocorrelation(ax: Axes, lines: Mapping[str, ndarray]) -> None:
    """Mean autocorrelation by lag and source."""
    for source, values in lines.items():
        colour, words = SOURCES[source]
        ax.plot(arange(1, len(values) + 1), values, color=colour, label=words)
    ax.axhline(0, color="0.3", linewidth=0.6)
    ax.set(xlabel="lag (days)")

"""Pictures of series that a network makes, over those of the simulator."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from numpy import arange, concatenate, histogram, linspace, ndarray, quantile

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


def marginals(ax: Axes, draws: ndarray, prior: ndarray, name: str) -> None:
    """The posterior of one parameter over its prior, as histograms of equal height."""
    low, high = quantile(concatenate([prior, draws]), (0.005, 0.995))
    edges = linspace(low, high, 31)
    for values, style in (
        (prior, {"color": "0.8"}),
        (draws, {"color": POSTERIOR, "histtype": "step"}),
    ):
        counts, _ = histogram(values, edges)
        ax.hist(edges[:-1], edges, weights=counts / max(1, counts.max()), **style)
    ax.set(title=name, yticks=[], xlim=(low, high))


def followed(
    ax: Axes, days: ndarray, edges: ndarray, observed: ndarray, name: str, words: str
) -> None:
    """Central intervals of series by day, and what was observed.

    Args:
        ax: Where to draw.
        days: Of the intervals (S,).
        edges: Five quantiles (2.5, 25, 50, 75 and 97.5 %) by day (5, S).
        observed: As many days, or fewer.
        name: Of the series.
        words: Whose the intervals are.
    """
    ax.fill_between(days, edges[0], edges[4], color="0.88", linewidth=0, label=f"{words}, 95 %")
    ax.fill_between(days, edges[1], edges[3], color="0.74", linewidth=0, label="50 %")
    ax.plot(days, edges[2], color=EXACT, linewidth=1.2, label="median")
    ax.plot(days[: len(observed)], observed, ".", color=JOINT, markersize=3, label="observed")
    ax.set(title=name, xlabel="day")


def network(ax: Axes, days: ndarray, edges: ndarray) -> None:
    """The likelihood network's median and 95 % interval by day, as lines over others' areas."""
    ax.plot(days, edges[2], color=POSTERIOR, linewidth=0.9, label="network, median")
    for at, words in ((0, "95 %"), (4, None)):
        ax.plot(days, edges[at], ":", color=APPROXIMATE, linewidth=0.8, label=words)


def power(
    ax: Axes, sizes: ndarray, lines: Mapping[str, tuple[ndarray, ndarray]], level: float
) -> None:
    """The share that is flagged by the size of a change, a line for each way to look.

    Args:
        ax: Where to draw.
        sizes: Of the change (S,).
        lines: Shares and their standard errors, by what the line is called.
        level: The rate of false alarms, a black line.
    """
    styles = ("o--", "s--", "o-", "s-")
    colours = (APPROXIMATE, POSTERIOR, "#c98a1b", JOINT)
    for (words, (shares, errors)), style, colour in zip(
        lines.items(), styles, colours, strict=False
    ):
        ax.errorbar(sizes, shares, errors, fmt=style, color=colour, markersize=3, label=words)
    ax.axhline(level, color="black", linewidth=0.6)
    ax.set(ylim=(-0.02, 1.02))

"""Pictures of ways to train, paired over seeds."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from numpy import ndarray

from .style import APPROXIMATE, JOINT


def pairs(ax: Axes, asked: Sequence[str], values: Sequence[ndarray]) -> None:
    """Two columns of dots for each pair of designs, a line for each seed.

    Args:
        ax: Where to draw.
        asked: What each pair is about.
        values: Of each pair, (2, M): trained separately and jointly, by seed.
    """
    for place, both in enumerate(values):
        at = place - 0.18, place + 0.18
        ax.plot(at, both, color="0.7", linewidth=0.8)
        for where, column, colour in zip(at, both, (APPROXIMATE, JOINT), strict=True):
            ax.plot([where] * len(column), column, ".", color=colour, markersize=6, mew=0)
    for colour, words in ((APPROXIMATE, "separately"), (JOINT, "jointly")):
        ax.plot([], [], ".", color=colour, markersize=6, label=f"trained {words}")
    ax.set_xticks(range(len(asked)), [words.replace(" ", "\n") for words in asked])
    ax.set_xlim(-0.5, len(asked) - 0.5)

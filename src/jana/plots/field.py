"""Pictures of C2ST over many tasks."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from numpy import ndarray

from .style import APPROXIMATE, EXACT, JOINT

# By method: how far from the task's place, and in which colour.
PLACES = {"exact": (-0.27, EXACT), "jana": (-0.05, APPROXIMATE), "jana_refined": (0.17, JOINT)}
TITLES = {
    "exact": "a second reference sample",
    "jana": "posterior network",
    "jana_refined": "refined",
}
MARKS = {"npe": ("_", "NPE, published"), "nle": ("x", "NLE, published")}


def scores(
    ax: Axes,
    tasks: Sequence[str],
    ours: Mapping[str, Mapping[str, tuple[ndarray, float]]],
    published: Mapping[str, Mapping[str, float]],
) -> None:
    """One column of dots for each task and method, a dot per observation, and a bar.

    Args:
        ax: Where to draw.
        tasks: From left to right.
        ours: By method and task, C2ST of every observation (B,), and where the bar is.
        published: By method and task, one mean over observations.
    """
    for method, (shift, colour) in PLACES.items():
        for place, task in enumerate(tasks):
            if task not in ours.get(method, {}):
                continue
            (values, mean), at = ours[method][task], place + shift
            ax.plot([at] * len(values), values, ".", color=colour, markersize=3, alpha=0.6, mew=0)
            ends = at - 0.09, at + 0.09
            ax.plot(ends, [mean] * 2, color=colour, linewidth=1.8)
        ax.plot([], [], color=colour, linewidth=1.8, label=TITLES[method])
    for method, (marker, title) in MARKS.items():
        known = [place for place, task in enumerate(tasks) if task in published.get(method, {})]
        values = [published[method][tasks[place]] for place in known]
        places = [place + 0.38 for place in known]
        ax.plot(places, values, marker, color="0.1", markersize=5, label=title, linestyle="none")
    ax.axhline(0.5, color="0.5", linewidth=0.5)
    ax.set_xticks(range(len(tasks)), tasks, rotation=30, ha="right")
    ax.set(ylabel="C2ST (0.5: not told apart)", xlim=(-0.5, len(tasks) - 0.5))

"""Pictures of evidence and leave-one-out beside reference fits, and of response times."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from numpy import ndarray

from .style import APPROXIMATE, EXACT, JOINT, POSTERIOR

PAIRINGS = {  # by method: colour and words
    "jana": (POSTERIOR, "both networks"),
    "jana_refined": (APPROXIMATE, "both, refined"),
    "jana_true_likelihood": (JOINT, "our posterior, true likelihood"),
    "jana_true_posterior": ("#3c8031", "our likelihood, true posterior"),
}


def agreement(ax: Axes, reference: pd.Series, ours: pd.Series) -> None:
    """Our values over the reference's, a dot per data set."""
    both = reference.index.intersection(ours.index)
    ax.plot(reference[both], ours[both], ".", color=POSTERIOR, markersize=4, mew=0)
    ends = [reference[both].min(), reference[both].max()]
    ax.plot(ends, ends, color="0.3", linewidth=0.6)
    ax.set(xlabel="Stan", ylabel="both networks")


def differences(
    ax: Axes, reference: pd.Series, gaps: Mapping[str, pd.Series], errors: Mapping[str, pd.Series]
) -> None:
    """Ours minus the reference's, over the reference's, with two Monte Carlo standard errors."""
    for method, values in gaps.items():
        colour, words = PAIRINGS[method]
        at, bars = reference[values.index], 2 * errors[method]
        ax.errorbar(
            at, values, bars, fmt=".", color=colour, markersize=4, elinewidth=0.6, label=words
        )
    ax.axhline(0, color="0.3", linewidth=0.6)
    ax.set(xlabel="Stan", ylabel="ours - Stan (nats)")


def density(ax: Axes, time: ndarray, ours: ndarray, exact: ndarray, shown: float) -> None:
    """Densities of a signed response time: the lower response to the left of zero.

    Args:
        ax: Where to draw.
        time: Grid of times (K,) above the shift.
        ours: Of each member, (M, 2, K), the lower response first.
        exact: (2, K).
        shown: The longest time to show.
    """
    for response, sign in enumerate((-1, 1)):
        ax.plot(sign * time, exact[response], color=EXACT, linewidth=2.4)
        for member in ours:
            ax.plot(sign * time, member[response], color=POSTERIOR, linewidth=0.7)
    ax.set(xlim=(-shown, shown), ylim=(0, None))


def medians(ax: Axes, reference: ndarray, ours: ndarray, name: str, note: str) -> None:
    """Quantiles of our posteriors over the reference's, a bar from the 5 % to the 95 % for both.

    Args:
        ax: Where to draw.
        reference: 5 %, 50 % and 95 % quantiles (3, B).
        ours: The same of ours.
        name: The parameter.
        note: Shown below its name.
    """
    (x, y), bars = (reference[1], ours[1]), []
    for low, middle, high in (reference, ours):
        bars.append([middle - low, high - middle])
    style = {"fmt": ".", "color": POSTERIOR, "markersize": 4, "elinewidth": 0.4, "mew": 0}
    ax.errorbar(x, y, xerr=bars[0], yerr=bars[1], **style)
    ends = [min(x.min(), y.min()), max(x.max(), y.max())]
    ax.plot(ends, ends, color="0.3", linewidth=0.6)
    ax.set_title(f"{name}\n{note}")

"""Pictures of draws against the draws they should look like."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import histogram_bin_edges, ndarray

from .style import APPROXIMATE, EXACT, LINES


def clouds(
    ax: Axes, exact: ndarray, approximate: ndarray, names: Sequence[str], labels: Sequence[str]
) -> None:
    """Two samples (L, 2) as points: the exact one beneath, the approximate one above.

    Samples (L, 1) of one coordinate are shown as histograms.
    """
    if exact.shape[1] == 1:
        edges = histogram_bin_edges(exact, 30)
        ax.hist(exact[:, 0], edges, color=EXACT, alpha=0.35, label=labels[0])
        ax.hist(approximate[:, 0], edges, color=APPROXIMATE, histtype="step", label=labels[1])
        ax.set(xlabel=names[0], ylabel="draws")
        return
    ax.plot(*exact.T, ".", color=EXACT, markersize=4.0, alpha=0.35, mew=0, label=labels[0])
    ax.plot(*approximate.T, ".", color=APPROXIMATE, markersize=1.8, mew=0, label=labels[1])
    ax.set(xlabel=names[0], ylabel=names[1])


def ecdf_differences(
    ax: Axes,
    shares: ndarray,
    differences: ndarray,
    lower: ndarray,
    upper: ndarray,
    names: Sequence[str],
) -> None:
    """ECDF of approximate draws less that of exact ones, every coordinate a line.

    Args:
        ax: Where to draw.
        shares: ECDF of the exact draws where the two are compared (K,).
        differences: One row per coordinate (D, K).
        lower: Lower edge of the band of a second exact sample (K,).
        upper: Its upper edge.
        names: Of the coordinates.
    """
    ax.fill_between(shares, lower, upper, color="0.88", linewidth=0)
    for index, (line, name) in enumerate(zip(differences, names, strict=True)):
        ax.plot(shares, line, color=LINES[index % len(LINES)], linewidth=0.8, label=name)
    ax.axhline(0, color="0.5", linewidth=0.5)
    ax.set(xlabel="ECDF", ylabel="ECDF difference", xlim=(0, 1))


def comparison(
    figure: Figure,
    samples: tuple[ndarray, ndarray],
    lines: dict[str, ndarray],
    names: Sequence[str],
    labels: Sequence[str],
    title: str,
) -> None:
    """A column for each data set: both samples' first two coordinates, and all ECDF differences.

    Args:
        figure: Where to draw.
        samples: The exact and the approximate one, (B, L, D).
        lines: `shares`, `differences` (B, D, K), `lower` and `upper`, as for `ecdf_differences`.
        names: Of the coordinates.
        labels: Of the samples.
        title: Of each column; the data set's number is put behind it.
    """
    band = lines["lower"], lines["upper"]
    columns = figure.subplots(2, len(lines["differences"])).T
    for index, (top, bottom) in enumerate(columns):
        clouds(top, *(sample[index, :, :2] for sample in samples), names[:2], labels)
        top.set_title(f"{title} {index}")
        ecdf_differences(bottom, lines["shares"], lines["differences"][index], *band, names)
        bottom.set_xlabel(f"ECDF, {labels[0]}")
    upper, lower = (axes.get_legend_handles_labels() for axes in columns[0])
    figure.legend(*upper, loc="outside upper center", ncols=2, markerscale=3)
    figure.legend(*lower, loc="outside right lower")

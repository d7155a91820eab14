"""One look for all figures."""

import io

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import TABLEAU_COLORS
from matplotlib.figure import Figure

WIDTH = 7.0  # inches, of a figure across the page
POSTERIOR, JOINT = "#1b4f8f", "#a02c2c"  # posterior SBC blue and joint SBC red, as in the paper
EXACT, APPROXIMATE = "0.45", "#1b7fbd"
# For lines on a grey band: tab10 with black in the place of its grey.
LINES = [colour if colour != "tab:gray" else "black" for colour in TABLEAU_COLORS]
PARTS = {"posterior": POSTERIOR, "likelihood": JOINT}

RC = {
    "font.size": 8,
    "figure.labelsize": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "lines.linewidth": 1.0,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 200,
}


def figure(rows: float) -> Figure:
    """An empty figure across the page, `rows` inches high."""
    matplotlib.use("Agg")
    matplotlib.rcParams.update(RC)
    return Figure(figsize=(WIDTH, rows), layout="constrained")


def png(figure: Figure, record: dict[str, str]) -> bytes:
    """The figure as PNG with its provenance, and no other date: equal figures are equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None, **record})
    return buffer.getvalue()


def legend_outside(figure: Figure, panel: Axes, columns: int = 6, side: str = "upper") -> None:
    """One panel's legend for all of them, above or below ("lower"), so that it hides nothing."""
    lines, words = panel.get_legend_handles_labels()
    figure.legend(lines, words, loc=f"outside {side} center", ncols=min(columns, len(words)))

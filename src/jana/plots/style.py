"""One look for all figures."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

WIDTH = 7.0  # inches, of a figure across the page
POSTERIOR, JOINT = "#1b4f8f", "#a02c2c"  # posterior SBC blue and joint SBC red, as in the paper
EXACT, APPROXIMATE = "0.45", "#1b7fbd"
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


def save(figure: Figure, path: Path | str) -> None:
    """Writes the figure as PNG without a date, so that equal figures are equal files."""
    figure.savefig(path, format="png", metadata={"Software": None})

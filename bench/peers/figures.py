"""Figure of bench/results/latest.csv: python bench/peers/figures.py [TABLE [FIGURE.png]]"""

import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

mpl.use("Agg")

RESULTS = Path(__file__).parents[1] / "results"
TIMED = ("train_seconds", "kl_joint")
COLORS = {"ours": "C0", "bayesflow": "C1", "sbi": "C2", "zuko": "C3"}


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each system, task and setting, with a column for each metric."""
    keys = ["system", "task", "setting"]
    return table.pivot(index=keys, columns="metric", values="value").reset_index()


def spread(rows: pd.DataFrame, metric: str) -> list[pd.Series]:
    """How far the least and the largest are from the median."""
    return [rows[metric] - rows[f"{metric}_least"], rows[f"{metric}_largest"] - rows[metric]]


def having(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rows that have it."""
    return table[table[metric].notna()] if metric in table else table[:0]


def plain(axis: Axis) -> None:
    """Ticks of a logarithmic axis at 1, 2 and 5 times powers of ten, in plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
    axis.set_minor_formatter(NullFormatter())


def time_to_loss(ax: Axes, table: pd.DataFrame) -> None:
    """Seconds of training against what is left to the exact joint loss, medians and ranges."""
    rows = having(table, "kl_joint")
    rows = rows[~rows.setting.str.contains("simulations")].reset_index(drop=True)
    if rows.empty:
        return
    for index, row in rows.iterrows():
        one = rows[rows.index == index]
        ends = {f"{axis}err": spread(one, m) for axis, m in zip("xy", TIMED, strict=True)}
        x, y = (row[metric] for metric in TIMED)
        named = f"{index + 1}  {row.system}: {row.setting}"
        looks = {"fmt": "o", "color": COLORS[row.system], "capsize": 2, "markersize": 4}
        ax.errorbar(x, y, **ends, **looks, label=named)
        ax.annotate(str(index + 1), (x, y), (4, 3), textcoords="offset points", fontsize=8)
    ax.set(xscale="log", yscale="log", xlabel="training, start-up included (s)")
    ax.set(ylabel="held-out joint KL divergence (nats)", title="Two moons, 10,000 simulations")
    plain(ax.xaxis)
    plain(ax.yaxis)
    handles, names = ax.get_legend_handles_labels()
    ax.legend(
        [one[0] for one in handles],
        names,
        fontsize=7,
        loc="upper right",
        bbox_to_anchor=(1, -0.2),
        ncols=2,
    )


def lines(ax: Axes, rows: pd.DataFrame, metric: str, label: str, title: str) -> None:
    """A line for each row: the median, and from the least to the largest."""
    rows = having(rows, metric)
    if rows.empty:
        return
    rows = rows.sort_values(metric, ascending=False)
    for at, (index, row) in enumerate(rows.iterrows()):
        ends = spread(rows[rows.index == index], metric)
        ax.errorbar(row[metric], at, xerr=ends, fmt="o", color=COLORS[row.system], capsize=3)
    ax.set_yticks(range(len(rows)), rows.system + ": " + rows.setting, fontsize=7)
    ax.set(xscale="log", xlabel=label, title=title)
    plain(ax.xaxis)
    ax.grid(axis="x", alpha=0.3)


def figure(table: pd.DataFrame, path: Path) -> None:
    """Time to a loss, steps, draws, and other kinds of data.

    Points are medians over seeds, lines go from the least to the largest.
    """
    table = wide(table)
    table["setting"] = table.setting.str.removesuffix(" (steps)")
    places = [["loss"], ["steps"], ["draws"], ["others"]]
    fig, axes = plt.subplot_mosaic(places, figsize=(9, 15), layout="constrained")
    moons = table.task == "two_moons"
    time_to_loss(axes["loss"], table[moons])
    step = "ms a step of both networks"
    lines(axes["steps"], table[moons], "step_ms", step, "Training steps, two moons")
    draws = "posterior draws a second and core"
    lines(axes["draws"], table[moons], "draws_per_second", draws, "1,000 draws of each posterior")
    others = table[~moons].assign(setting=table.task + ", " + table.setting)
    # Where a system has no likelihood network for such data, the posterior's steps alone.
    for end in ("", "_least", "_largest"):
        if f"posterior_step_ms{end}" in others:
            alone = others[f"posterior_step_ms{end}"]
            others[f"step_ms{end}"] = others.get(f"step_ms{end}", alone).fillna(alone)
    label = f"{step} (BayesFlow on series: of the posterior network)"
    lines(axes["others"], others, "step_ms", label, "Sets, series, dimensions")
    fig.savefig(path, dpi=150)


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS / "latest.csv"
    figure(
        pd.read_csv(source), Path(sys.argv[2]) if len(sys.argv) > 2 else source.with_suffix(".png")
    )

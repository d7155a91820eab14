"""Figures of bench/results/latest.csv: python bench/peers/figures.py [TABLE [FIGURE.png]]"""

import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

mpl.use("Agg")

RESULTS = Path(__file__).parents[1] / "results"
COLORS = {"ours": "C0", "bayesflow": "C1", "sbi": "C2", "zuko": "C3"}
WHICH = r", (?P<which>median|least|largest) of (?P<runs>\d+)$"


def by_which(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each system, task, setting and metric, with columns median, least and largest."""
    found = table.setting.str.extract(WHICH)
    table = table.assign(
        which=found.which, setting=table.setting.str.replace(WHICH, "", regex=True)
    )
    keys = ["system", "task", "setting", "hardware", "metric"]
    return table.pivot(index=keys, columns="which", values="value").reset_index()


def time_to_loss(ax: Axes, table: pd.DataFrame) -> None:
    """Seconds of training against what is left to the exact joint loss, medians and ranges."""
    part = table[(table.task == "two_moons") & ~table.setting.str.contains("simulations")]
    wide = part.pivot(
        index=["system", "setting"], columns="metric", values=["median", "least", "largest"]
    )
    wide = wide[wide["median"]["kl_joint"].notna()]
    for (system, setting), row in wide.iterrows():
        x, y = row["median"]["train_seconds"], row["median"]["kl_joint"]
        ends = [
            [row["median"][m] - row["least"][m], row["largest"][m] - row["median"][m]]
            for m in ("train_seconds", "kl_joint")
        ]
        spread = {"xerr": [[e] for e in ends[0]], "yerr": [[e] for e in ends[1]]}
        ax.errorbar(x, y, **spread, fmt="o", color=COLORS[system], capsize=2, markersize=4)
        ax.annotate(f"{system}: {setting}", (x, y), (4, 4), textcoords="offset points", fontsize=6)
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="training, start-up included (s)",
        ylabel="held-out joint KL divergence (nats)",
        title="Two moons, 10,000 simulations",
    )


def bars(ax: Axes, rows: pd.DataFrame, label: str, title: str) -> None:
    """A bar for each row, medians and ranges."""
    rows = rows.sort_values("median")
    names = rows.system + ": " + rows.setting
    ends = [rows["median"] - rows.least, rows.largest - rows["median"]]
    ax.barh(names, rows["median"], xerr=ends, color=rows.system.map(COLORS), capsize=2)
    ax.set(xscale="log", xlabel=label, title=title)
    ax.tick_params(axis="y", labelsize=6)


def figure(table: pd.DataFrame, path: Path) -> None:
    """All panels."""
    table = by_which(table)
    fig, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    time_to_loss(axes[0, 0], table)
    steps = table[(table.metric == "step_ms") & (table.task == "two_moons")]
    two = steps.hardware.str.contains(", 2 of").map({True: ", 2 cores", False: ""})
    bars(
        axes[0, 1],
        steps.assign(setting=steps.setting + two),
        "ms a joint step",
        "Training steps, two moons",
    )
    draws = table[(table.metric == "draws_per_second") & (table.task == "two_moons")]
    bars(
        axes[1, 0],
        draws,
        "posterior draws a second and core",
        "1,000 draws for each of 1,000 data sets",
    )
    others = table[(table.metric == "step_ms") & (table.task != "two_moons")]
    bars(
        axes[1, 1],
        others.assign(setting=others.task + ", " + others.setting),
        "ms a joint step",
        "Sets, series, dimensions",
    )
    fig.savefig(path, dpi=150)


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS / "latest.csv"
    figure(
        pd.read_csv(source), Path(sys.argv[2]) if len(sys.argv) > 2 else source.with_suffix(".png")
    )

"""Pictures of what follows from an observed series, and of how changes of a simulator are told."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from xarray import Dataset

from . import series
from .style import figure, legend_outside

COLUMNS = 6  # of marginals across the page
BEFORE = 28  # days before a forecast that are shown with it


def posterior(found: Dataset) -> Figure:
    """A panel for each parameter."""
    names = found.parameter.values
    rows = math.ceil(len(names) / COLUMNS)
    picture = figure(1.0 * rows)
    panels = picture.subplots(rows, COLUMNS, squeeze=False).ravel()
    for ax, index in zip(panels, range(len(names)), strict=False):
        pair = found.theta.values[:, index], found.prior.values[:, index]
        series.marginals(ax, *pair, str(names[index]))
    for ax in panels[len(names) :]:
        ax.set_visible(False)
    picture.supxlabel("parameter")
    return picture


def predictive(found: Dataset) -> Figure:
    """The days that were learned from: the simulator's bands, the network's, the reports."""
    picture = figure(2.4)
    steps = found.sizes["step"]
    panels = picture.subplots(1, found.sizes["number"], squeeze=False)[0]
    for index, ax in enumerate(panels):
        days = np.arange(steps)
        _follow(ax, found, index, days)
        series.network(ax, days, found.network.values[:, :, index])
    panels[0].set_ylabel("reports (thousands)")
    legend_outside(picture, panels[0])
    return picture


def forecast(found: Dataset) -> Figure:
    """The last days that were learned from, and those after them."""
    picture = figure(2.4)
    steps, last = found.sizes["step"], found.sizes["later_day"]
    panels = picture.subplots(1, found.sizes["number"], squeeze=False)[0]
    for index, ax in enumerate(panels):
        _follow(ax, found, index, np.arange(max(0, steps - BEFORE), last))
        ax.axvline(steps - 0.5, color="black", linewidth=0.6)
    panels[0].set_ylabel("reports (thousands)")
    legend_outside(picture, panels[0])
    return picture


def others(found: Dataset) -> Figure:
    """A row for each of some parameters: the simulator's bands, and the network's as lines."""
    picture = figure(1.15 * found.sizes["other"] + 0.4)
    shape = found.sizes["other"], found.sizes["number"]
    panels = picture.subplots(*shape, sharex=True, squeeze=False)
    for row, at in zip(panels, found.others.values.transpose(2, 1, 0, 3, 4), strict=True):
        for index, ax in enumerate(row):
            series.bands(ax, at[0, ..., index], at[1, ..., index], "")
            ax.set(xlabel="")
    for ax, name in zip(panels[0], found.number.values, strict=True):
        ax.set_title(str(name))
    for ax in panels[-1]:
        ax.set_xlabel("day")
    picture.supylabel("reports (thousands)")
    legend_outside(picture, panels[0, 0])
    return picture


def power(rows: pd.DataFrame, level: float) -> Figure:
    """A panel for each change: the share that is flagged, by its size."""
    changes = rows.quantity.str.rsplit(" ", n=1)
    rows = rows.assign(what=changes.str[0], size=changes.str[1].astype(float))
    whats = list(dict.fromkeys(rows.what))
    picture = figure(2.6)
    panels = picture.subplots(1, len(whats), squeeze=False, sharey=True)[0]
    for ax, what in zip(panels, whats, strict=True):
        lines, some = {}, rows[rows.what == what]
        for (setting, draws), part in some.groupby(["setting", "draws"], sort=False):
            part = part.sort_values("size")
            words = f"{setting}, {'one series' if draws == 1 else f'{draws} series'}"
            lines[words] = part.value.to_numpy(float), part.error.to_numpy(float)
        sizes = np.sort(some["size"].unique())
        series.power(ax, sizes, lines, level)
        ax.set(xlabel=AXES.get(what, what))
    panels[0].set_ylabel("share flagged")
    legend_outside(picture, panels[0], 2)
    return picture


AXES = {
    "noise": "noise (times)",
    "shift": "rhythm late by (days)",
    "people": "population (times)",
}


def _follow(ax, found, index, days) -> None:  # noqa: ANN001
    """The simulator's bands and the reports of some days."""
    edges = found.simulator.values[:, days, index]
    observed = found.observed.values[days[0] : days[-1] + 1, index]
    name = str(found.number.values[index])
    series.followed(ax, days, edges, observed, name, "simulator")

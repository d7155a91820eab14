"""Series that a likelihood network makes, beside those of the simulator and a static forecast."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from scipy.stats import kstest
from torch import Generator, Tensor

from ..diagnostics.densities import mean
from ..diagnostics.scores import autocorrelation, covered, crps, energy, placed
from ..io.tables import row

LEVELS, LAGS = (0.5, 0.95), 14
SOURCES = ("static", "exact", "jana")
UNIT = "thousands"


class Made(NamedTuple):
    """Series of one source, for each parameter.

    Attributes:
        x: L series of T steps of X numbers for each of B parameters.
        name: What the source is called in the tables.
    """

    x: Float[Tensor, "B L T X"]
    name: str


class Steps(NamedTuple):
    """By step, for figures.

    Attributes:
        coverage: By level, step and number (2, T, X).
        autocorrelation: By lag and number (K, X), means over all series.
    """

    coverage: Float[Tensor, "2 T X"]
    autocorrelation: Float[Tensor, "K X"]


def static(
    rng: Generator, train: Float[Tensor, "N T X"], shape: tuple[int, int]
) -> Float[Tensor, "B L T X"]:
    """The floor: a normal distribution for each step and number, whatever the parameters."""
    noise = torch.randn(*shape, *train.shape[1:], generator=rng)
    return train.mean(0) + train.std(0) * noise


def rows(
    rng: Generator,
    labels: dict,
    series: Sequence[str],
    x: Float[Tensor, "B T X"],
    made: Made,
) -> tuple[list[dict], Steps]:
    """All rows of one source of series.

    Args:
        rng: For ties.
        labels: Columns that all rows share, but for `method`.
        series: Names of the numbers of a step.
        x: One series for each parameter, by the simulator.
        made: The source's.
    """
    labels, draws = labels | {"method": made.name, "draws": made.x.shape[1]}, made.x.movedim(1, 0)
    found, steps = [], []
    scores = crps(draws, x)
    for level in LEVELS:
        inside = covered(draws, x, level, rng)
        steps.append(inside.mean(0))
        found += _by_series(labels, f"coverage_{round(100 * level)}", inside, series, "")
    found += _by_series(labels, "crps", scores, series, UNIT)
    whole = mean(energy(draws.flatten(2), x.flatten(1)))
    found.append(row(labels, "energy_score", whole.value, error=whole.error, unit=UNIT))
    found += _by_series(labels, "zeros", (made.x == 0).to(x).mean(1), series, "")
    found += _by_series(labels, "negative", (made.x < 0).to(x).mean(1), series, "")
    found += _peaks(rng, labels, x, made.x, series)
    ours, theirs = (autocorrelation(part.mT, LAGS) for part in (made.x[:, 0], x))
    gap = (ours.nanmean(0) - theirs.nanmean(0)).T
    for name, off in zip(series, gap.square().mean(0).sqrt().tolist(), strict=True):
        found.append(row(labels, "autocorrelation_rmse", off, quantity=name))
    return found, Steps(torch.stack(steps), ours.nanmean(0).T)


def sources(
    floor: Float[Tensor, "B L T X"],
    replicates: Float[Tensor, "B L T X"],
    *ours: Float[Tensor, "B L T X"],
) -> list[Made]:
    """In the order of `SOURCES`, members last."""
    return [Made(x, SOURCES[min(i, 2)]) for i, x in enumerate((floor, replicates, *ours))]


def all_rows(
    rng: Generator,
    labels: dict,
    series: Sequence[str],
    x: Float[Tensor, "B T X"],
    sources: Sequence[Made],
) -> tuple[list[dict], list[Steps]]:
    """`rows` of each source; those of one name are its members, by `seed`."""
    found, steps, names = [], [], [source.name for source in sources]
    for index, source in enumerate(sources):
        seed = {"seed": names[:index].count(source.name)} if names.count(source.name) > 1 else {}
        some, by_step = rows(rng, labels | seed, series, x, source)
        found += some
        steps.append(by_step)
    return found, steps


def density_rows(
    labels: dict,
    x: Float[Tensor, "B T X"],
    exact: Float[Tensor, "B T"],
    ours: Float[Tensor, "M B T"],
) -> list[dict]:
    """Held-out losses, in nats per step, of those steps all of whose numbers are positive.

    Args:
        labels: Columns that all rows share, but for `method`.
        x: Held-out series.
        exact: Log density of each step.
        ours: Each member's.
    """
    positive = (x > 0).all(-1)
    told = positive.any(1)
    found = []
    for name, seed, density in [
        ("exact", None, exact),
        *(("jana", m, d) for m, d in enumerate(ours)),
    ]:
        each = torch.where(positive, density, 0.0).sum(1) / positive.sum(1).clamp(min=1)
        score = mean(-each[told])
        fields = {"method": name, "seed": seed, "error": score.error, "unit": "nats per step"}
        found.append(row(labels | fields, "nll_positive", score.value))
    return found


def arrays(
    steps: Sequence[Steps], shown: Float[Tensor, "2 L T X"], others: Float[Tensor, "2 P N T X"]
) -> dict[str, tuple]:
    """What figures show, with its axes.

    Args:
        steps: By source.
        shown: Series of the simulator and of the network for one parameter.
        others: The same for some others.
    """
    quantiles = torch.tensor([0.025, 0.25, 0.5, 0.75, 0.975])
    bands, more = (torch.quantile(part, quantiles, dim=-3) for part in (shown, others))
    return {
        "others": (("quantile", "shown", "other", "step", "number"), more),
        "coverage": (
            ("source", "level", "step", "number"),
            torch.stack([s.coverage for s in steps[:3]]),
        ),
        "autocorrelation": (
            ("source", "lag", "number"),
            torch.stack([s.autocorrelation for s in steps[:3]]),
        ),
        "level": (("level",), torch.tensor(LEVELS)),
        "bands": (("quantile", "shown", "step", "number"), bands),
    }


def _by_series(
    labels: dict, metric: str, values: Float[Tensor, "B T X"], series: Sequence[str], unit: str
) -> Iterator[dict]:
    """A mean for each number of a step and for all, with its error over parameters."""
    each = values.mean(1)
    columns = [*zip(series, each.unbind(-1), strict=True), ("all", each.mean(-1))]
    for name, column in columns:
        score = mean(column)
        yield row(labels, metric, score.value, error=score.error, quantity=name, unit=unit)


def _peaks(
    rng: Generator,
    labels: dict,
    x: Float[Tensor, "B T X"],
    made: Float[Tensor, "B L T X"],
    series: Sequence[str],
) -> Iterator[dict]:
    """Whether the simulator's peaks rank evenly among the source's for the same parameters.

    Kolmogorov and Smirnov's distance of the ranks from uniform ones, of days and of heights.
    """
    for name, ours, theirs in zip(series, made.unbind(-1), x.unbind(-1), strict=True):
        pairs = zip(("peak_height", "peak_day"), ours.max(-1), theirs.max(-1), strict=True)
        for metric, peaks, peak in pairs:
            found = kstest(placed(peaks.mT, peak, rng).numpy(), "uniform")
            yield row(labels, f"{metric}_ks", float(found.statistic), quantity=name)
            yield row(labels, f"{metric}_pvalue", float(found.pvalue), quantity=name)

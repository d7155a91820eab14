"""The diffusion experiment's part of the report, from its tidy table."""

from typing import NamedTuple

import pandas as pd

from ..plots.evidence import PAIRINGS

SCORES = {  # by metric: words, and whether it has a sign
    "lml_bias": "log p(x), bias",
    "lml_rmse": "log p(x), RMSE",
    "log_bayes_factor_rmse": "log Bayes factor, RMSE",
    "loo_bias": "leave-one-out sum, bias",
    "loo_rmse": "leave-one-out sum, RMSE",
    "loo_pointwise_rmse": "leave-one-out of a trial, RMSE",
}
LENGTHS = {
    "kl_posterior": "posterior KL",
    "kl_likelihood": "likelihood KL",
    "lml_bias": "log p(x), bias",
    "lml_rmse": "log p(x), RMSE",
    "sbc_pvalue": "SBC, least adjusted p",
}


class Compared(NamedTuple):
    """One pairing of one task and design: the median over seeds of each of `SCORES`."""

    task: str
    design: str
    words: str
    scores: list[str]


class Length(NamedTuple):
    """One number of trials: the median over seeds of each of `LENGTHS`."""

    task: str
    design: str
    trials: int
    scores: list[str]


class Recovered(NamedTuple):
    """One parameter: ours beside Stan's posterior of the same data sets.

    Attributes:
        task: Whose parameter.
        design: Whose networks.
        name: The parameter.
        r2: Of posterior medians, ours and Stan's.
        published: The paper's.
        ratio: Our posterior standard deviation over Stan's, mean of data sets.
        contraction: Ours.
        stan: Stan's.
    """

    task: str
    design: str
    name: str
    r2: str
    published: str
    ratio: str
    contraction: str
    stan: str


class Published(NamedTuple):
    """One published number beside ours.

    Attributes:
        task: Of which simulator.
        words: The metric, and of what.
        published: The number.
        ours: The median over seeds, by design; empty where a design has none.
    """

    task: str
    words: str
    published: str
    ours: list[str]


class Chains(NamedTuple):
    """NUTS on the likelihood network, of one task and design: the worst of all seeds and sets.

    Attributes:
        task: Of which task.
        design: Whose networks.
        chains: How many data sets and seeds.
        rhat: The largest.
        ess: The least.
        divergences: Of all.
        c2st: Against Stan's draws, mean of all.
        r2: Of posterior medians and Stan's, of the worst parameter.
        ratio: Of standard deviations, ours over Stan's, mean of parameters.
        seconds: Wall time of all.
    """

    task: str
    design: str
    chains: int
    rhat: str
    ess: str
    divergences: str
    c2st: str
    r2: str
    ratio: str
    seconds: str


def observations(table: pd.DataFrame, task: str, method: str, metric: str) -> pd.DataFrame:
    """Values and errors by data set; of ours, the first seed's."""
    rows = table[(table.task == task) & (table.method == method) & (table.metric == metric)]
    rows = rows[rows.observation.notna() & (rows.seed.fillna(0) == 0)]
    return rows.set_index(rows.observation.astype(int))[["value", "error"]].astype(float)


def compared(table: pd.DataFrame) -> list[Compared]:
    """A line for every task, design and pairing that has scores, the published one last."""
    found = []
    for published in (False, True):
        part = table[(table.setting == "published") == published]
        part = part[part.metric.isin(SCORES) & part.method.isin(PAIRINGS)]
        part = part[(part.setting == "published") | part.setting.isna()]
        for (task, design, method), rows in part.groupby(["task", "design", "method"], sort=False):
            words = "published" if published else PAIRINGS[method][1]
            found.append(Compared(task, design, words, _medians(rows, SCORES)))
    return found


def published(table: pd.DataFrame, designs: list[str]) -> list[Published]:
    """A line for every published number of the networks that we have too."""
    known = table[(table.setting == "published") & (table.method == "jana")]
    ours = table[(table.method == "jana") & table.setting.isna()]
    found = []
    for line in known.fillna({"quantity": ""}).itertuples():
        same = ours[(ours.task == line.task) & (ours.metric == line.metric)]
        same = same[(same.quantity.fillna("") == line.quantity) & same.observation.isna()]
        cells = [_median(same[same.design == design].value) for design in designs]
        if any(cells):
            words = f"{line.metric} {line.quantity}".strip()
            found.append(Published(line.task, words, f"{float(line.value):.3f}", cells))
    return found


def lengths(table: pd.DataFrame) -> list[Length]:
    """A line for every task, design and number of trials."""
    part = table[table.setting.fillna("").str.endswith(" trials")]
    return [
        Length(task, design, int(setting.split()[0]), _medians(rows, LENGTHS))
        for (task, design, setting), rows in part.groupby(["task", "design", "setting"], sort=False)
    ]


def recovered(table: pd.DataFrame) -> list[Recovered]:
    """A line for every task, design and parameter that was compared with Stan."""
    known = table[(table.setting == "published") & (table.method == "jana")]
    known = known.set_index(["task", "metric", "quantity"]).value
    ours = table[(table.metric == "median_r2") & table.setting.isna() & (table.method == "jana")]
    found = []
    for (task, design, name), rows in ours.groupby(["task", "design", "quantity"], sort=False):
        same = table[(table.task == task) & (table.quantity == name) & table.setting.isna()]
        mine, stan = same[same.method == "jana"], same[same.method == "stan"]
        numbers = (
            rows.value,
            known[known.index == (task, "median_r2", name)],
            mine[mine.metric == "sd_ratio"].value,
            mine[mine.metric == "contraction_compared"].value,
            stan[stan.metric == "contraction_compared"].value,
        )
        found.append(Recovered(task, design, name, *(_median(values) for values in numbers)))
    return found


def chains(table: pd.DataFrame) -> list[Chains]:
    """A line for every task and design whose likelihood network was sampled by NUTS."""
    ours, found = table[(table.method == "jana_mcmc") & table.setting.isna()], []
    for (task, design), rows in ours.groupby(["task", "design"], sort=False):
        by = {name: part.value.astype(float) for name, part in rows.groupby("metric")}
        least = rows[rows.metric == "median_r2"].groupby("quantity").value.median().astype(float)
        texts = (
            f"{by['fit_rhat'].max():.3f}",
            f"{by['fit_ess'].min():.0f}",
            f"{by['fit_divergences'].sum():.0f}",
            f"{by['c2st'].mean():.3f}" if "c2st" in by else "",
            f"{least.min():.3f}" if len(least) else "",
            f"{by['sd_ratio'].mean():.3f}" if "sd_ratio" in by else "",
            f"{by['draw_seconds'].sum():.0f}",
        )
        found.append(Chains(task, design, len(by["fit_rhat"]), *texts))
    return found


def _medians(rows: pd.DataFrame, metrics: dict[str, str]) -> list[str]:
    found = []
    for metric in metrics:
        values = rows[rows.metric == metric]
        over = "min" if metric == "sbc_pvalue" else "median"
        seeds = values.value.astype(float).groupby(values.seed.fillna(0)).agg(over)
        found.append(_median(seeds))
    return found


def _median(values: pd.Series) -> str:
    return f"{values.astype(float).median():.3f}" if len(values) else ""

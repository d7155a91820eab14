"""The comparison's part of the report, from its tidy table."""

from typing import Any, NamedTuple

import pandas as pd

from ..io.contests import APART, GROUP, scores

METHODS = {  # by name in the table: in words
    "jana": "JANA",
    "jana_refined": "JANA, refined",
    "npe_c": "NPE-C",
    "snpe_c": "SNPE-C",
    "snl": "SNL",
    "snre_b": "SNRE-B",
    "snvi": "SNVI",
    "snpla": "SNPLA",
    "g_smc": "guided SMC-ABC",
}
FIRST_KERNEL = "root_mmd_inverse_multiquadratic"  # that of the paper's first version
MANY = "c2st of many draws"  # those of methods whose draws are cheap
COLUMNS = (  # metric, quantity, digits, in words, whether published values stand beside it
    ("root_mmd", "posterior", 3, "posterior root MMD", True),
    ("root_mmd", "predictive", 3, "predictive root MMD", True),
    (FIRST_KERNEL, "posterior", 3, "posterior, first kernel", True),
    (FIRST_KERNEL, "predictive", 3, "predictive, first kernel", True),
    ("mmd2", "posterior", 4, "MMD²", False),
    ("mmd_pvalue", "posterior", 3, "its p", False),
    ("c2st", "posterior", 3, "C2ST", True),
    (MANY, "posterior", 3, "C2ST, more draws", False),
    ("c2st", "predictive", 3, "predictive C2ST", False),
    ("refined", None, 2, "refined, not direct", False),
    ("mode_share", "mode 1", 3, "share on moon 1", False),
    ("mode_share", "mode 2", 3, "on moon 2", False),
    ("off_modes", None, 3, "on neither", False),
    ("outside_support", None, 3, "outside the prior", False),
    ("outside_proposals", None, 3, "rejected as outside", False),
    ("simulations", None, 0, "simulations", False),
    ("epochs", None, 0, "epochs", False),
    ("capped", None, 2, "of rounds cut off", False),
    ("train_cpu_seconds", None, 0, "training (CPU s)", True),
    ("draw_cpu_seconds", None, 2, "1,000 draws (CPU s)", True),
)
# Numbers of the run, whatever kind of draws.
OWNERS = ("train_cpu_seconds", "simulations", "epochs", "capped")


class Line(NamedTuple):
    """One method, setting and budget on one task.

    Attributes:
        method: In words.
        setting: Of the method.
        budget: Simulations.
        runs: How many ended well, of how many; none where only published numbers are known.
        cells: The median over seeds, and the least to the largest, by column; below, where there
            is one, the published number.
        others: Mean C2ST of other observations, for amortized methods, of how many draws.
        all_seconds: CPU seconds for all observations together.
    """

    method: str
    setting: str
    budget: str
    runs: str
    cells: list[tuple[str, str, str]]
    others: str
    all_seconds: str


class Part(NamedTuple):
    """One task.

    Attributes:
        task: Its name.
        lines: Of its methods.
        floor: What exact samples score, by column: the median and where 90 % lie.
        failures: What went wrong, in words.
    """

    task: str
    lines: list[Line]
    floor: list[tuple[str, str, str]]
    failures: list[str]


def parts(table: pd.DataFrame) -> list[Part]:
    """A part for every task with runs, in the table's order."""
    runs = table[(table.metric == "run_ok") & ~table.setting.isin(APART)]
    return [
        Part(
            task,
            [_line(table, keys) for keys in _kinds(table[table.task == task])],
            [_floor(table[table.task == task], *column[:3]) for column in COLUMNS],
            _failures(table[(table.metric == "run_ok") & (table.task == task)]),
        )
        for task in runs.task.unique()
    ]


def _kinds(table: pd.DataFrame) -> list[tuple]:
    """Every kind of draws, every method without any, what is only published, by `GROUP`."""
    runs = table[table.metric.isin(["run_ok", "outside_support"]) & table.budget.notna()]
    runs = runs[~runs.setting.isin(APART)]
    known = list(METHODS)
    rows = runs[GROUP].drop_duplicates()
    told = table[(table.setting == "published") & table.budget.notna()][GROUP].drop_duplicates()
    beside = ["method", "budget"]
    seen = pd.MultiIndex.from_frame(rows[beside])
    rows = pd.concat([rows, told[~pd.MultiIndex.from_frame(told[beside]).isin(seen)]])
    rows = rows.assign(place=[known.index(m) if m in known else 99 for m in rows.method])
    return [tuple(r) for r in rows.sort_values(["place", "setting", "budget"])[GROUP].to_numpy()]


def _line(table: pd.DataFrame, keys: tuple) -> Line:
    task, method, setting, budget = keys
    ours = table[table.setting != "published"]
    mine = ours[(ours[GROUP] == list(keys)).all(axis=1)]
    owner = ours[(ours[GROUP] == [task, method.removesuffix("_refined"), *keys[2:]]).all(axis=1)]
    ended = owner[owner.metric == "run_ok"].value
    told = table[(table.setting == "published") & (table.task == task) & (table.method == method)]
    told = told[told.budget == budget]
    elsewhere = told[(told.metric == "c2st") & told.observation.isna()].value
    told = told[told.observation == 0]
    cells = []
    for metric, quantity, digits, _, beside in COLUMNS:
        values = _values(owner if metric in OWNERS else mine, metric, quantity)
        there = _values(told, metric.replace("cpu_", ""), quantity) if beside else values[:0]
        cells.append((*_shown(values, digits), _shown(there, digits)[0]))
    other = mine[(mine.metric == "c2st") & (mine.observation.fillna(0) > 0)]
    mean = other.value.astype(float).groupby(other.seed).mean()
    draws = f" of {int(other.draws.max()):,}" if len(other) else ""
    seconds = mine[mine.metric == "cpu_seconds_of_all"].value
    chosen = " (its answer)" if (mine.metric == "answer").any() else ""
    return Line(
        METHODS.get(method, method) + chosen,
        setting,
        f"{budget:,}",
        f"{int(ended.sum())} of {len(ended)}" if len(ended) else "",
        cells,
        _shown(mean, 3)[0] + draws + "".join(f" (published {v:.3f})" for v in elsewhere),
        _shown(seconds, 0)[0],
    )


def _values(rows: pd.DataFrame, metric: str, quantity: str | None) -> pd.Series:
    if metric == MANY:
        few, many = (scores(rows, "c2st", quantity or "", draws) for draws in ("min", "max"))
        return many[~many.index.isin(few.index)].value.astype(float)
    if metric in ("c2st", "root_mmd", FIRST_KERNEL, "mmd2", "mmd_pvalue"):
        own = scores(rows, metric, quantity or "", "min").value
        rest = rows[(rows.setting == "published") & (rows.metric == metric)]
        rest = rest[rest.quantity == quantity].value
        return (own if len(own) else rest).astype(float)
    found = rows[rows.metric == metric]
    found = found if quantity is None else found[found.quantity == quantity]
    return found.value.astype(float)


def _shown(values: pd.Series, digits: int) -> tuple[str, str]:
    """The median, and the least to the largest."""
    if not len(values):
        return "", ""
    spread = f"{values.min():.{digits}f} to {values.max():.{digits}f}" if len(values) > 1 else ""
    return f"{values.median():.{digits}f}", spread


def _floor(
    table: pd.DataFrame, metric: str, quantity: str | None, digits: int
) -> tuple[str, str, str]:
    values = _values(table[table.method == "exact"], metric, quantity)
    if not len(values):
        return "", "", ""
    low, high = values.quantile(0.05), values.quantile(0.95)
    band = f"{low:.{digits}f} to {high:.{digits}f}" if len(values) > 1 else ""
    return f"{values.median():.{digits}f}", band, ""


def _failures(runs: pd.DataFrame) -> list[str]:
    bad = runs[runs.value == 0]
    return [
        f"{named(run)} simulations, seed {run.seed}: {run.quantity}" for run in bad.itertuples()
    ]


def named(run: Any) -> str:
    """A row's method, setting and budget."""
    return f"{METHODS.get(run.method, run.method)}, {run.setting}, {run.budget:,}"

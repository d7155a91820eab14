"""Where the time went: jobs of a kind, added up."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..io import runtimes

# In order: what a job's file is called, below the folder of runtimes, and what it does.
KINDS = (
    (r"comparison/[^/]*/[^/]+/[^/]*-judged$", "judging"),
    (r"comparison/[^/]*/[^/]+/", "methods, a run each"),
    (r"/stan/", "reference fits by Stan"),
    (r"(^|/)(train|training_job)$", "training"),
    (r"(^|/)(full_)?(diagnose_)?c2st", "C2ST"),
    (r"(^|/)checks/", "checks of the checks"),
    (r"(^|/)(diagnose|losses$)", "judging"),
    (r"(^|/)(full_)?figure_", "figures"),
    (r"(_|^)table$", "tables"),
    (r"(^|/)(simulate|exact|full_exact)", "simulation and exact answers"),
    (r"(^|/)report$", "report"),
)
OTHER = "draws, densities, evidence"
ELSEWHERE = "all"


class Spent(NamedTuple):
    """Jobs of one kind in one experiment; times are sums, in minutes."""

    experiment: str
    kind: str
    jobs: str
    cpu: str
    wall: str
    longest: str
    memory: str


class Took(NamedTuple):
    """All jobs in a sentence, and a line for each experiment and kind of job."""

    total: str
    lines: list[Spent]


def took(folder: Path | str, pictures: Mapping[str, list[tuple[str, str, list[str]]]]) -> Took:
    """What jobs took, those kinds first that took most CPU time.

    Args:
        folder: With the files of Snakemake's `benchmark:`.
        pictures: By experiment, its tasks first in each entry: what is left of others is left out.
    """
    owner = {task: name for name, entries in pictures.items() for task, *_ in entries}
    table = runtimes.load(folder)
    table = table.assign(
        experiment=[_experiment(job, owner) for job in table.job],
        kind=[_kind(job) for job in table.job],
        # Of the shortest jobs nobody looked at the CPU.
        cpu=table.cpu_seconds.fillna(table.seconds),
    )
    table = table[table.experiment != ""]
    parts = list(table.groupby(["experiment", "kind"]))
    parts.sort(key=lambda entry: -entry[1].cpu.sum())
    total = f"{len(table)} jobs, {table.cpu.sum() / 60:.0f} CPU minutes"
    return Took(total, [_line(*name, part) for name, part in parts])


def _line(experiment: str, kind: str, part: pd.DataFrame) -> Spent:
    minutes = part.cpu.sum() / 60, part.seconds.sum() / 60, part.seconds.max() / 60
    peak = part.peak_mb.max()
    memory = "" if pd.isna(peak) else f"{peak / 1000:.1f}"
    return Spent(experiment, kind, str(len(part)), *(f"{m:.1f}" for m in minutes), memory)


def _kind(job: str) -> str:
    return next((kind for pattern, kind in KINDS if re.search(pattern, job)), OTHER)


def _experiment(job: str, owner: Mapping[str, str]) -> str:
    """Whose job it is; none for tasks that no experiment has any more."""
    first, *rest = job.split("/")
    if first in ("comparison", "checks"):
        return first
    if not rest:  # tables, figures of many tasks, the report
        return next((name for name in set(owner.values()) if first.startswith(name)), ELSEWHERE)
    return owner.get(first, "")

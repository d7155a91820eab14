"""Where the time went: jobs of a kind, added up, as rows of the tidy table."""

import re
from collections.abc import Mapping

import pandas as pd

from ..io import tables

# What a job's file is called, below the folder of runtimes, and what it does: the first that fits.
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
)
OTHER = "draws, densities, evidence"


def rows(table: pd.DataFrame, owners: Mapping[str, str]) -> list[dict]:
    """For each experiment and kind of job: how many, what they took, and what one took at most.

    Args:
        table: From `io.runtimes.load`.
        owners: The experiment that a folder of runtimes belongs to; of "" the one that a file on
            top belongs to whose name begins with none of them. What lies in other folders, from an
            earlier configuration, is left out.
    """
    kinds = [_kind(job) for job in table.job]
    table = table.assign(experiment=[_owner(job, owners) for job in table.job], kind=kinds)
    found = []
    for (experiment, kind), part in table.groupby(["experiment", "kind"]):
        labels = {"experiment": experiment, "quantity": kind}
        numbers = {
            "jobs": (len(part), ""),
            "wall_seconds": (part.seconds.sum(), "s"),
            "longest_seconds": (part.seconds.max(), "s"),
            "cpu_seconds": (part.cpu_seconds.sum(), "s"),
            "peak_mb": (part.peak_mb.max(), "MB"),
        }
        for metric, (value, unit) in numbers.items():
            if not pd.isna(value):
                found.append(tables.row(labels, metric, float(value), unit=unit))
    return found


def _kind(job: str) -> str:
    return next((kind for pattern, kind in KINDS if re.search(pattern, job)), OTHER)


def _owner(job: str, owners: Mapping[str, str]) -> str | None:
    folder, _, name = job.rpartition("/")
    if not folder:
        return next((each for each in owners.values() if name.startswith(each)), owners[""])
    return owners.get(folder)

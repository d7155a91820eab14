"""Where the time went: jobs by what they do, and whose they are."""

import math
import re
from pathlib import Path

import pandas as pd
import pytest

from jana.judge import runtimes

RULES = Path(__file__).parents[2] / "workflow" / "rules"
OWNERS = {
    "": "benchmarks",
    "checks": "checks",
    "two_moons": "benchmarks",
    "two_moons/tuned": "benchmarks",
    "two_moons/stan": "benchmarks",
    "two_moons/exact": "benchmarks",
    "drift_diffusion/tuned": "diffusion",
    "drift_diffusion/ablation/joint": "diffusion",
    "comparison/two_moons_wiqvist": "comparison",
    "comparison/two_moons_wiqvist/npe_c-proper": "comparison",
}


def rows(*jobs):
    """By experiment, kind and metric."""
    table = pd.DataFrame(jobs, columns=["job", "seconds", "cpu_seconds", "peak_mb"])
    found = runtimes.rows(table, OWNERS)
    return {(row["experiment"], row["quantity"], row["metric"]): row["value"] for row in found}


def test_jobs_of_a_kind_are_added_up_and_the_longest_stands_beside():
    found = rows(
        ("two_moons/tuned/diagnose_c2st-0", 120.0, 90.0, 500.0),
        ("two_moons/tuned/diagnose_c2st-1", 60.0, 30.0, 1500.0),
        ("drift_diffusion/tuned/train", 600.0, 300.0, 900.0),
    )
    of = {metric: value for (_, kind, metric), value in found.items() if kind == "C2ST"}
    assert of == {
        "jobs": 2,
        "wall_seconds": 180,
        "longest_seconds": 120,
        "cpu_seconds": 120,
        "peak_mb": 1500,
    }
    assert found["diffusion", "training", "wall_seconds"] == 600


@pytest.mark.parametrize(
    "job",
    ["slcp/tuned/train", "two_moons/paper/train", "comparison/two_moons_wiqvist/snl-paper/1-0"],
)
def test_what_is_left_of_an_earlier_configuration_is_left_out(job):
    assert rows((job, 60.0, 60.0, 1.0)) == {}


def test_what_nobody_looked_at_is_not_made_up():
    found = rows(("two_moons/tuned/figure_losses", 0.3, math.nan, math.nan))
    assert found["benchmarks", "figures", "wall_seconds"] == 0.3
    assert ("benchmarks", "figures", "peak_mb") not in found


@pytest.mark.parametrize(
    "job, whose, kind",
    [
        ("comparison/two_moons_wiqvist/npe_c-proper/2000-0", "comparison", "methods, a run each"),
        ("comparison/two_moons_wiqvist/npe_c-proper/2000-judged", "comparison", "judging"),
        ("comparison/two_moons_wiqvist/figure_4", "comparison", "figures"),
        ("comparison/two_moons_wiqvist/exact", "comparison", "simulation and exact answers"),
        ("comparison_table", "comparison", "tables"),
        ("checks/3", "checks", "checks of the checks"),
        ("benchmarks_table", "benchmarks", "tables"),
        ("figure_3", "benchmarks", "figures"),
        ("two_moons/exact/diagnose_c2st_floor", "benchmarks", "C2ST"),
        ("two_moons/tuned/full_c2st-0", "benchmarks", "C2ST"),
        ("two_moons/stan/fits-1", "benchmarks", "reference fits by Stan"),
        ("two_moons/simulate-train", "benchmarks", "simulation and exact answers"),
        ("two_moons/tuned/loo", "benchmarks", "draws, densities, evidence"),
        ("drift_diffusion/ablation/joint/train", "diffusion", "training"),
    ],
)
def test_every_job_has_a_kind_and_an_owner(job, whose, kind):
    assert rows((job, 1.0, 1.0, 1.0))[whose, kind, "jobs"] == 1


def test_no_file_of_the_workflow_is_called_as_none_of_the_kinds():
    """But for those that make draws, densities and evidence, which are what is left."""
    rest = {
        *("draws", "calibration_draws", "full_draws", "densities", "evidence", "loo", "pairings"),
        *("lengths", "series", "mcmc", "response_times", "gaps", "follow-x", "report"),
    }
    text = "".join(path.read_text() for path in RULES.glob("*"))
    files = re.findall(r"\{R\}/runtimes/(\S*?)\.tsv", text)
    jobs = {re.sub(r"\{+\w+\}+", "x", job) for job in files} - {"x", "x-judged"}
    assert len(jobs) > 50
    assert {job.rsplit("/", 1)[-1] for job in jobs if runtimes._kind(job) == runtimes.OTHER} == rest

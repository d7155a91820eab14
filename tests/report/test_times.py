"""Where the time goes: jobs by what they do, and whose they are."""

import re
from pathlib import Path

import pandas as pd
import pytest

from jana.report import runtimes

PICTURES = {
    "benchmarks": [("two_moons", "tuned", [])],
    "diffusion": [("drift_diffusion", "tuned", [])],
}
RULES = Path(__file__).parents[2] / "workflow" / "rules"


@pytest.fixture
def took(monkeypatch):
    def of(jobs):
        columns = ["job", "seconds", "cpu_seconds", "peak_mb"]
        table = pd.DataFrame(jobs, columns=columns)
        monkeypatch.setattr("jana.report.runtimes.runtimes.load", lambda folder: table)
        return runtimes.took("anywhere", PICTURES)

    return of


def test_jobs_of_a_kind_are_added_up_and_the_longest_stands_beside(took):
    found = took(
        [
            ("two_moons/tuned/diagnose_c2st-0", 120.0, 90.0, 500.0),
            ("two_moons/tuned/diagnose_c2st-1", 60.0, 30.0, 1500.0),
            ("drift_diffusion/tuned/train", 600.0, 300.0, 900.0),
        ]
    )
    assert found.total == "3 jobs, 7 CPU minutes"
    train, c2st = found.lines
    assert train == ("diffusion", "training", "1", "5.0", "10.0", "10.0", "0.9")
    assert c2st == ("benchmarks", "C2ST", "2", "2.0", "3.0", "2.0", "1.5")


def test_what_is_left_of_tasks_that_are_no_more_is_left_out(took):
    assert took([("slcp/tuned/train", 60.0, 60.0, 1.0)]).lines == []


def test_short_jobs_count_by_the_clock(took):
    (line,) = took([("two_moons/tuned/figure_losses", 6.0, float("nan"), float("nan"))]).lines
    assert line == ("benchmarks", "figures", "1", "0.1", "0.1", "0.1", "")


@pytest.mark.parametrize(
    "job, whose, kind",
    [
        ("comparison/two_moons_wiqvist/npe_c-proper/2000-0", "comparison", "methods, a run each"),
        ("comparison/two_moons_wiqvist/npe_c-proper/2000-judged", "comparison", "judging"),
        ("comparison/two_moons_wiqvist/figure_4", "comparison", "figures"),
        ("comparison/two_moons_wiqvist/exact", "comparison", "simulation and exact answers"),
        ("comparison_table", "all", "tables"),
        ("checks/wide", "checks", "checks of the checks"),
        ("benchmarks_table", "benchmarks", "tables"),
        ("figure_3", "all", "figures"),
        ("report", "all", "report"),
        ("two_moons/exact/diagnose_c2st_floor", "benchmarks", "C2ST"),
        ("two_moons/tuned/full_c2st-0", "benchmarks", "C2ST"),
        ("two_moons/stan/fits-1", "benchmarks", "reference fits by Stan"),
        ("two_moons/simulate-train", "benchmarks", "simulation and exact answers"),
        ("two_moons/tuned/loo", "benchmarks", "draws, densities, evidence"),
        ("drift_diffusion/ablation/joint/train", "diffusion", "training"),
    ],
)
def test_every_job_has_a_kind_and_an_owner(took, job, whose, kind):
    (line,) = took([(job, 1.0, 1.0, 1.0)]).lines
    assert (line.experiment, line.kind) == (whose, kind)


def test_no_file_of_the_workflow_is_called_as_none_of_the_kinds():
    """But for those that make draws, densities and evidence, which are what is left."""
    rest = {
        *("draws", "calibration_draws", "full_draws", "densities", "evidence", "loo", "pairings"),
        *("lengths", "series", "mcmc", "response_times", "gaps", "follow-x"),
    }
    files = re.findall(
        r"\{R\}/runtimes/(\S*?)\.tsv", "".join(p.read_text() for p in RULES.glob("*"))
    )
    jobs = {re.sub(r"\{+\w+\}+", "x", job) for job in files} - {"x", "x-judged"}
    assert len(jobs) > 50
    assert {job.rsplit("/", 1)[-1] for job in jobs if runtimes._kind(job) == runtimes.OTHER} == rest

"""Every kind of data through the whole pipeline, at smoke scale."""

import pandas as pd
import pytest

OVERLAY = """
scale: tasks
benchmarks: {tasks: [%s], designs: [tuned]}
"""
# Trials; noise among the data; a design; sums without exact answers; counts; positive data.
REFERENCED = ["slcp", "slcp_distractors_sbibm", "bernoulli_glm_raw_sbibm", "sir_sbibm"]
OTHERS = ["bernoulli_glm", "lotka_volterra"]


@pytest.mark.heavy
def test_every_kind_of_data_runs_whole(tree):
    tasks = REFERENCED + OTHERS
    (tree.path / "tasks.yaml").write_text(OVERLAY % ", ".join(tasks))
    done = tree.snakemake("--cores", "all", "--configfile", "config.smoke.yaml", "tasks.yaml")
    assert done.returncode == 0, done.stdout
    home = tree.path / "results" / "tasks"
    table = pd.read_csv(home / "tables" / "benchmarks.csv")
    for task in tasks:
        rows = table[table.task == task]
        metrics = set(rows.metric)
        assert {"nll_posterior", "nll_likelihood", "sbc_pvalue", "jsbc_pvalue", "lml"} <= metrics
        assert ("c2st" in set(rows[rows.method == "exact"].metric)) == (task in REFERENCED)
        figures = {path.stem for path in (home / task / "tuned" / "figures").glob("*.png")}
        assert {"calibration", "surrogate", "recovery", "losses"} <= figures
        assert ("posterior" in figures) == (task in REFERENCED)
    known = table[table.metric == "kl_likelihood"].task.unique()
    assert set(known) == {"slcp", "bernoulli_glm_raw_sbibm", "sir_sbibm", "lotka_volterra"}
    assert (home / "report.html").stat().st_size > 100_000

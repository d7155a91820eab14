"""Every kind of data through the whole pipeline, at smoke scale."""

import pandas as pd
import pytest

OVERLAY = """
scale: tasks
benchmarks: {tasks: [%s], designs: [tuned, paper], only: {paper: [%s]}}
designs:
  paper:
    posterior: &thin {warps: SS, nets: {A: {hidden: [8]}, S: {hidden: [8], bins: 4, bound: 5.0}}}
    likelihood: *thin
    training: {epochs: 2}
    tasks:
      gaussian_mixture: &tiny
        posterior: {warps: S, nets: {S: {hidden: [8], bins: 4}}}
        likelihood: {warps: S, nets: {S: {hidden: [8], bins: 4}}}
        training: {epochs: 2}
      sir: *tiny
      slcp: *tiny
      slcp_distractors: *tiny
      bernoulli_glm_raw: *tiny
"""
# Trials; noise among the data; a design; sums without exact answers; counts; positive data.
REFERENCED = ["slcp", "slcp_distractors_sbibm", "bernoulli_glm_raw_sbibm", "sir_sbibm"]
OTHERS = ["bernoulli_glm", "lotka_volterra"]
# One vector of trials; noise drawn anew; a summary of one vector; a soft flow. And figure 3.
PAPER = ["gaussian_mixture", "sir", "slcp_distractors", "bernoulli_glm_raw"]
PAPERS = ["slcp", *PAPER]


@pytest.mark.heavy
def test_every_kind_of_data_runs_whole(tree):
    tasks = REFERENCED + OTHERS
    (tree.path / "tasks.yaml").write_text(OVERLAY % (", ".join(tasks + PAPER), ", ".join(PAPERS)))
    done = tree.snakemake("--cores", "all", "--configfile", "config.smoke.yaml", "tasks.yaml")
    assert done.returncode == 0, done.stdout
    home = tree.path / "results" / "tasks"
    table = pd.read_csv(home / "tables" / "benchmarks.csv")
    for task in tasks:
        rows = table[(table.task == task) & (table.design != "paper")]
        metrics = set(rows.metric)
        assert {"nll_posterior", "nll_likelihood", "sbc_pvalue", "jsbc_pvalue", "lml"} <= metrics
        assert ("c2st" in set(rows[rows.method == "exact"].metric)) == (task in REFERENCED)
        figures = {path.stem for path in (home / task / "tuned" / "figures").glob("*.png")}
        assert {"calibration", "surrogate", "recovery", "losses"} <= figures
        assert ("posterior" in figures) == (task in REFERENCED)
    known = table[table.metric == "kl_likelihood"].task.unique()
    assert set(known) == {"slcp", "lotka_volterra", "gaussian_mixture", "sir"} | {
        "bernoulli_glm_raw",
        "bernoulli_glm_raw_sbibm",
        "sir_sbibm",
    }
    paper = table[(table.design == "paper") & table.setting.isna()]
    assert set(paper.task) == set(PAPERS)
    soft = set(paper[paper.task == "bernoulli_glm_raw"].metric)
    assert "nll_likelihood" in soft and not {"kl_likelihood", "lml", "loo"} & soft
    assert "loo" not in set(paper[paper.task == "slcp"].metric)
    assert {path.stem for path in (home / "figures").glob("*.png")} == {"c2st", "figure_3"}
    assert (home / "report.html").stat().st_size > 100_000

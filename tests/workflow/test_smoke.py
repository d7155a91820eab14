"""The pipeline at smoke scale: it ends, is whole, and knows when nothing has changed."""

import json
import re
import subprocess
import sys

import pytest
import torch

from jana.io import netcdf, tables
from jana.judge import checks, pairs

OVERLAY = ("--configfile", "config.smoke.yaml", "own.yaml")
R = "results/smoke"


def planned(tree):
    """The jobs of a dry run, as a set of (rule, task); the task is "" for those of all tasks."""
    done = tree.snakemake("-n", *OVERLAY)
    assert done.returncode == 0, done.stdout
    jobs = set()
    for block in re.split(r"\n(?=rule |localrule )", done.stdout):
        rule = re.match(r"(?:local)?rule (\w+):", block)
        if rule:
            task = re.search(r"wildcards: .*?task=(\w+)", block)
            jobs.add((rule[1], task[1] if task else ""))
    return jobs


def test_the_table_has_every_metric_of_every_task_and_seed(smoke):
    table = tables.load(smoke.path / R / "tables" / "benchmarks.csv")
    ours = table[(table.method == "jana") & table.setting.isna()]
    pairs = {("two_moons", "tuned"), ("two_moons", "paper"), ("gaussian_iid", "tuned")}
    assert set(zip(ours.task, ours.design, strict=True)) == pairs
    for (_, design), rows in ours.groupby(["task", "design"]):
        found = rows.groupby("metric").seed.nunique()
        expected = {"kl_joint", "kl_posterior", "kl_likelihood", "nll_posterior", "nll_likelihood"}
        expected |= {"c2st"} if design == "tuned" else set()  # as config.yaml asks
        expected |= {"sbc_pvalue", "jsbc_pvalue", "outside_support", "contraction", "r2"}
        expected |= {"lml_error", "lml_rmse", "khat", "best_epoch", "skipped", "gain_posterior"}
        expected |= {"mmd2", "mmd_pvalue", "lpd_rmse"}
        assert expected <= set(found.index) and (found[sorted(expected)] == 2).all()
        assert {"verdict", "verdict_measure"} <= set(rows.metric)
    tuned = ours[ours.design == "tuned"]
    assert (tuned[tuned.metric == "outside_support"].value == 0).all()
    assert {"loo_bias", "loo_rmse"} <= set(table[table.task == "gaussian_iid"].metric)
    assert {"jana_refined", "jana_psis", "jana_true_likelihood", "exact"} <= set(table.method)
    assert "published" in set(table.setting)
    assert table.value.notna().all()


def test_the_diffusion_table_has_every_metric(smoke):
    """Without Stan, whose programs take minutes to compile: values, and no differences."""
    table = tables.load(smoke.path / R / "tables" / "diffusion.csv")
    ours = table[(table.method == "jana") & table.setting.isna()]
    expected = {"lml", "loo", "khat", "density_l1", "kl_likelihood", "sbc_pvalue", "jsbc_pvalue"}
    expected |= {"density_mass", "sbc_above", "jsbc_below"}
    for design in ("tuned", "paper"):
        assert expected <= set(ours[ours.design == design].metric), design
    outside = ours[ours.metric == "outside_support"].set_index("design").value
    assert outside["tuned"] == 0 < outside["paper"]  # that is not bounded
    assert {"jana_refined", "jana_true_likelihood"} <= set(table.method)
    chains = table[table.method == "jana_mcmc"].metric
    assert {"fit_rhat", "fit_ess", "fit_divergences", "draw_seconds"} <= set(chains)
    lengths = table[table.setting.isin(["5 trials", "30 trials"])]
    assert {"kl_posterior", "lml_rmse", "sbc_pvalue"} <= set(lengths.metric)
    assert {"published"} <= set(table.setting) and table.value.notna().all()


def test_ways_to_train_are_compared_over_the_same_seeds(smoke):
    table = tables.load(smoke.path / R / "tables" / "diffusion.csv")
    table = table[table.setting == "ablation"]
    losses = table[table.metric == "nll_posterior"]
    arms = {"shared_separate", "shared_joint"}
    assert set(losses.design) == arms and (losses.groupby("design").seed.nunique() == 2).all()
    paired = table[table.metric == "nll_posterior_joint"]
    assert set(paired.quantity) == {"shared summary"}
    assert "nll_likelihood" not in set(table.metric)  # theirs is one of the summary


def test_the_comparison_table_has_every_method_and_exact_samples(smoke):
    table = tables.load(smoke.path / R / "tables" / "comparison.csv")
    runs = table[table.metric == "run_ok"]
    kinds = set(zip(runs.method, runs.setting, strict=True))
    assert {("jana", "tuned"), ("npe_c", "proper"), ("snpla", "fair")} <= kinds
    late = runs.setting == "late"  # which has no time to end
    assert (runs[~late].value == 1).all() and {"exact", "jana_refined"} <= set(table.method)
    assert runs[late].quantity.tolist() == ["TimeoutError: not done after 0.01 s"]
    page = (smoke.path / R / "report.html").read_text()
    assert "NPE-C, late, 200 simulations, seed 0: TimeoutError: not done after 0.01 s" in page
    assert "<td>methods, a run each</td>" in page  # where the time goes
    expected = {
        "root_mmd",
        "mmd2",
        "mmd_pvalue",
        "c2st",
        "mode_share",
        "off_modes",
        "train_seconds",
    }
    expected |= {"outside_support", "outside_proposals", "draw_seconds", "cpu_seconds_of_all"}
    for _, rows in table[table.method.isin(["jana", "npe_c", "snpla"])].groupby("method"):
        assert expected <= set(rows[rows.setting != "published"].metric)
    assert {"within_floor", "claim", "paired_kl_posterior", "root_mmd_high"} <= set(table.metric)
    ours = table[(table.metric == "outside_support") & table.method.isin(["jana", "jana_refined"])]
    assert (ours.value == 0).all() and (table[table.metric == "simulations"].value == 200).all()
    assert "published" in set(table.setting) and table.value.notna().all()


def test_the_epidemics_table_has_every_metric(smoke):
    table = tables.load(smoke.path / R / "tables" / "epidemic.csv")
    expected = {"crps", "energy_score", "coverage_50", "coverage_95", "zeros", "negative"}
    expected |= {"peak_day_pvalue", "peak_height_pvalue", "autocorrelation_rmse", "nll_positive"}
    expected |= {"sbc_pvalue", "jsbc_pvalue", "contraction", "flagged_share", "gap_pvalue"}
    expected |= {"loss_posterior", "loss_likelihood", "forecast_coverage_95", "nll_posterior"}
    for design in ("tuned", "paper"):
        assert expected <= set(table[table.design == design].metric), design
    assert {"exact", "static", "jana"} <= set(table.method) and table.value.notna().all()
    negative = table[(table.metric == "negative") & (table.method == "jana")]
    assert (negative[negative.design == "tuned"].value == 0).all()
    assert "published" in set(table.setting)


def test_a_users_series_has_its_figures(smoke):
    folder = smoke.path / R / "epidemic_corrected" / "tuned" / "observed" / "mine"
    for name in ("posterior", "predictive", "forecast"):
        assert (folder / f"observed_{name}.png").stat().st_size > 10_000
    found = netcdf.load(folder / "found.nc")
    assert found.sizes["day"] == 90 and found.sizes["later_day"] == 86
    assert found.sizes["parameter"] == 34 and str(found["first"].values) == "2020-03-01"


def test_what_is_listed_for_a_gpu_trains_the_same_weights(copy):
    """By the same function, with no Snakemake: here on the CPU, in two runs."""
    done = copy.snakemake("training_jobs", "--cores", 2, *OVERLAY)
    assert done.returncode == 0, done.stdout
    job, model = (
        copy.path / R / part for part in ("jobs/two_moons/tuned.json", "two_moons/tuned/model.pt")
    )
    before = torch.load(model, weights_only=True)["state"]
    model.unlink()
    assert '"device": "cuda"' in job.read_text()
    job.write_text(job.read_text().replace('"device": "cuda"', '"device": "cpu"'))
    command = [sys.executable, "bench/gpu.py", str(job.relative_to(copy.path))]

    def run(*arguments):
        return subprocess.run(
            [*command, *arguments], cwd=copy.path, capture_output=True, text=True, check=False
        )

    first = run("--minutes", "0.0001")
    assert first.returncode == 3 and "to be continued" in first.stdout and not model.exists()
    second = run()
    assert second.returncode == 0 and "done" in second.stdout, job.with_suffix(".log").read_text()
    after = torch.load(model, weights_only=True)["state"]
    assert all(torch.equal(before[key], after[key]) for key in before)
    copy.edit("src/jana/simulators/two_moons.py", "SHIFT = 0.1, 0.01", "SHIFT = 0.2, 0.01")
    model.unlink()
    other = run()
    assert other.returncode == 1 and "list it anew" in other.stdout


def test_every_fault_has_its_row_of_every_check(smoke):
    table = tables.load(smoke.path / R / "tables" / "checks.csv")
    assert set(table.method) == set(pairs.FAULTS)
    assert (table.groupby("method").quantity.nunique() == len(checks.CHECKS)).all()


def test_the_report_is_whole_and_loads_nothing(smoke):
    text = (smoke.path / R / "report.html").read_text()
    assert text.count("data:image/png;base64,") == 3 + 3 * 5 + 1 + 2 * 4 + 1 + 2 * 9
    assert not re.search(r'(?:src|href)="(?!data:|#)', text) and "<script" not in text
    assert "Provenance" in text and '"torch"' in text.replace("&#34;", '"')


def test_files_carry_where_they_came_from(smoke):
    found = netcdf.load(smoke.path / R / "two_moons" / "tuned" / "calibration_draws.nc")
    params = json.loads(found.attrs["params"])
    assert params["datasets"] == 60 and len(params["seeds"]) == 2 and params["code"]
    assert "torch" in json.loads(found.attrs["versions"]) and found.attrs["device"].startswith(
        "cpu"
    )
    assert found.posterior.dims == ("member", "dataset", "draw", "parameter")
    assert found.posterior.shape == (2, 60, 31, 2)


def test_logs_and_runtimes_are_kept(smoke):
    log = (smoke.path / R / "logs/two_moons/tuned/train.log").read_text()
    assert log.startswith("epoch 1/3: training likelihood") and "\r" not in log
    runtime = (smoke.path / R / "runtimes/two_moons/tuned/train.tsv").read_text()
    assert runtime.startswith("s\t")


def test_nothing_is_left_to_do(smoke):
    done = smoke.snakemake("-n", *OVERLAY)
    assert "Nothing to be done" in done.stdout


def test_a_changed_comment_docstring_or_date_re_runs_nothing(copy):
    copy.edit("src/jana/simulators/two_moons.py", '"""Two moons:', '"""Two  moons:')
    copy.edit("src/jana/flows/spline.py", "import math\n", "import math  # a comment\n")
    for script in (copy.path / "workflow" / "scripts").glob("*.py"):
        script.touch()
    assert planned(copy) == set()


def test_a_changed_constant_in_one_simulator_re_runs_only_that_task(copy):
    copy.edit(
        "src/jana/simulators/two_moons.py", "SHIFT = 0.1, 0.01, 0.25", "SHIFT = 0.1, 0.01, 0.3"
    )
    jobs = planned(copy)
    assert {task for _, task in jobs} == {"two_moons", ""}
    tables = {
        "benchmarks_table",
        "checks_table",
        "diagnose_checks",
        "runtimes_table",
    }  # checks are shown on it too
    assert {rule for rule, task in jobs if not task} == {"all", "report", "figure_c2st"} | tables
    assert {"simulate", "exact_draws", "exact_densities", "train", "draws"} <= {
        rule for rule, _ in jobs
    }


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("src/jana/flows/spline.py", "least: float = 1e-3", "least: float = 2e-3"),
        ("src/jana/training/fit.py", "AVERAGE_EVERY = 10", "AVERAGE_EVERY = 20"),
    ],
)
def test_a_changed_network_or_training_re_runs_no_simulation(copy, file, old, new):
    copy.edit(file, old, new)
    rules = {rule for rule, _ in planned(copy)}
    unmoved = {"simulate", "exact_draws", "exact_densities", "diagnose_c2st_floor"}
    assert "train" in rules and not unmoved & rules


def test_a_changed_task_that_one_network_learns_from_trains_that_design_alone(copy):
    copy.edit("src/jana/simulators/drift_diffusion_wide.py", "TRIALS = 500", "TRIALS = 400")
    jobs = planned(copy)
    assert ("simulate", "drift_diffusion_wide") in jobs and ("train", "drift_diffusion") in jobs
    assert not {task for _, task in jobs} - {"drift_diffusion_wide", "drift_diffusion", ""}
    done = copy.snakemake("-n", *OVERLAY)
    trained = re.findall(r"rule train:.*?wildcards: (.*?)\n", done.stdout, re.S)
    assert [re.findall(r"design=(\w+)", one) for one in trained] == [["paper"]]


def test_a_changed_setting_re_runs_what_depends_on_it(copy):
    copy.edit("config.yaml", "level: 0.95", "level: 0.9")
    rules = {rule for rule, _ in planned(copy)}
    assert "diagnose_calibration" in rules and not {"simulate", "train", "draws"} & rules


def test_a_caption_re_runs_the_report_alone(copy):
    copy.edit("workflow/report/losses.rst", "Losses of every seed", "The losses of every seed")
    assert {rule for rule, _ in planned(copy)} == {"all", "report"}


@pytest.mark.heavy
def test_c2st_with_many_draws_goes_on_from_a_finished_run(copy):
    done = copy.snakemake("c2st_full", "--cores", 2, "--configfile", "config.smoke.yaml")
    assert done.returncode == 0, done.stdout
    assert "rule train" not in done.stdout
    table = tables.load(copy.path / R / "tables" / "c2st_full.csv")
    ours = table[(table.metric == "c2st") & table.setting.isna()]
    assert (ours.draws == 90).all() and {"jana", "exact"} <= set(ours.method)
    assert (copy.path / R / "figures" / "c2st_full.png").stat().st_size > 10_000
    again = copy.snakemake("-n", "c2st_full", "--configfile", "config.smoke.yaml")
    assert "Nothing to be done" in again.stdout

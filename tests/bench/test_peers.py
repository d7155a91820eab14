"""The comparison with other packages: its plan, its table, and every script that is here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from zuko.flows import NICE

from jana import recipes, settings, simulators
from jana.designs import Design

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "bench" / "peers"
sys.path.insert(0, str(PEERS))

import compare  # noqa: E402
import data  # noqa: E402
import figures  # noqa: E402
import job  # noqa: E402

RUNS = yaml.safe_load((PEERS / "plan.yaml").read_text())["runs"]
OURS = [run for run in RUNS if run["system"] == "ours"]
BEST = {"posterior": -3.8, "likelihood": -4.3, "joint": -8.1}


def test_every_run_has_a_script_and_a_name_of_its_own():
    assert all((PEERS / f"{run['system']}_runs.py").exists() for run in RUNS)
    names = [(run["system"], run["task"], compare.label(run)) for run in RUNS]
    assert len(set(names)) == len(names)


def designed(run):
    designs = yaml.safe_load((ROOT / "config.yaml").read_text())["designs"]
    task = run["setting"].get("simulator", "two_moons")
    return Design.from_config(settings.design(designs, "tuned", task, run["setting"]["changes"]))


@pytest.mark.parametrize("run", OURS, ids=lambda run: f"{run['task']}, {compare.label(run)}")
def test_our_settings_are_a_design(run):
    assert designed(run)


def test_equal_networks_have_as_many_weights():
    """Twelve networks of two layers of 128 in each flow; ours start from fewer, shared, inputs."""
    equal = {
        r["system"]: r for r in RUNS if r["label"] == "equal networks" and r["task"] == "two_moons"
    }
    model = recipes.build_joint(designed(equal["ours"]), simulators.get("two_moons"), (2,), [0])
    ours = sum(weight.numel() for weight in model.parameters())
    told = equal["zuko"]["setting"]
    flow = NICE(2, 2, transforms=told["transforms"], hidden_features=told["hidden"])
    theirs = 2 * sum(weight.numel() for weight in flow.parameters())
    assert ours == pytest.approx(theirs, rel=0.02)
    assert 2 * equal["bayesflow"]["setting"]["depth"] == told["transforms"]
    assert equal["sbi"]["setting"]["networks"] == {
        "hidden_features": told["hidden"],
        "num_transforms": told["transforms"],
    }


def found(value, date="2026-01-02"):
    metrics = {"nll_posterior": value, "nll_likelihood": -4.0, "nll_joint": value - 4.0}
    metrics |= {"train_seconds": 10 + value, "draws_peak_mb": 5.0}
    return {"version": "1", "date": date, "metrics": metrics}


def table(*each, **changes):
    run = {"system": "ours", "task": "two_moons", "what": "train", "label": "tuned"} | changes
    return pd.DataFrame(compare.rows(run, list(each), BEST), columns=compare.COLUMNS)


def test_the_table_has_medians_ranges_and_divergences():
    row = table(*(found(v) for v in (-3.0, -3.5, -1.0))).set_index("metric")
    assert row.value["nll_posterior"] == -3.0 and row.unit["nll_posterior_least"] == "nats"
    assert row.value["nll_posterior_least"] == -3.5 and row.value["nll_posterior_largest"] == -1.0
    assert row.value["kl_posterior"] == pytest.approx(0.8) and row.unit["train_seconds"] == "s"
    assert row.value["kl_joint"] == pytest.approx(-7.0 + 8.1) and row.value["runs"] == 3


def test_other_tasks_have_no_divergence_as_nothing_is_exact():
    assert not table(found(-3.0), task="race").metric.str.startswith("kl").any()


def test_the_date_is_that_of_the_last_process():
    dates = table(found(-3.0, "2026-05-05"), found(-3.0, "2026-02-02")).date
    assert set(dates) == {"2026-05-05"}


def test_a_run_that_fails_is_said_and_is_a_row(tmp_path, capsys):
    run = {"system": "nobody", "task": "two_moons", "what": "step", "label": "", "setting": {}}
    assert compare.go(run, 0, tmp_path) is None
    assert "FAILED" in capsys.readouterr().out and not list(tmp_path.glob("nobody*"))
    (row,) = table().itertuples()
    assert (row.metric, row.value) == ("runs", 0)


def test_a_run_ends_in_time(tmp_path, capsys, monkeypatch):
    run = {"system": "ours", "task": "two_moons", "what": "step", "label": "", "setting": {}}
    monkeypatch.setattr(compare, "command", lambda *_: (["sleep", "60"], {}))
    assert compare.go(run | {"limit": 0.1}, 0, tmp_path) is None
    assert "timed out" in capsys.readouterr().out


def test_what_was_found_is_not_looked_for_again_but_by_other_code(tmp_path, monkeypatch):
    run = {"system": "nobody", "task": "two_moons", "what": "step", "label": "", "setting": {}}
    (tmp_path / f"nobody-{compare.key(run, 3)}.json").write_text('{"version": "1"}')
    assert compare.go(run, 3, tmp_path) == {"version": "1"}
    assert compare.go(run | {"setting": {"batch": 1}}, 3, tmp_path) is None
    monkeypatch.setattr(compare, "state", lambda: "other code")
    assert compare.go(run, 3, tmp_path) is None


def test_only_some_runs_and_no_names_of_nothing():
    chosen = compare.wanted(RUNS, ["ours", "sbi", "step"])
    assert {run["system"] for run in chosen} == {"ours", "sbi"}
    assert {run["what"] for run in chosen} == {"step"}
    with pytest.raises(SystemExit, match="npe"):
        compare.wanted(RUNS, ["npe"])
    with pytest.raises(SystemExit, match="no run"):
        compare.wanted(RUNS, ["zuko", "race"])


def test_an_update_leaves_other_runs_and_drops_what_is_planned_no_more():
    runs = [{"system": "a", "task": "t", "what": "step", "label": name} for name in ("x", "y", "z")]

    def table(**values):
        rows = [
            ["a", "1", "t", "step_ms", f"{n} (steps)", v, "ms", "", ""] for n, v in values.items()
        ]
        return pd.DataFrame(rows, columns=compare.COLUMNS)

    found = compare.updated(table(gone=1.0, x=2.0, y=3.0), table(z=5.0, x=4.0), runs)
    assert dict(zip(found.setting, found.value, strict=True)) == {
        "x (steps)": 4.0,
        "y (steps)": 3.0,
        "z (steps)": 5.0,
    }
    assert list(found.columns) == compare.COLUMNS


def test_a_figure_of_steps_alone_is_one(tmp_path):
    run = next(run for run in RUNS if run["what"] == "step" and run["task"] == "two_moons")
    metrics = {"metrics": {"step_ms": 1.0}, "version": "1", "date": "2026-01-01"}
    rows = compare.rows(run, [metrics], BEST)
    figures.figure(pd.DataFrame(rows, columns=compare.COLUMNS), tmp_path / "some.png")
    assert (tmp_path / "some.png").stat().st_size > 10_000


def test_the_first_pass_does_not_count():
    laps = job.Laps()
    laps.walls, laps.works = [100.0, 2.0, 3.0, 4.0], [50.0, 1.0, 1.0, 1.0]
    assert laps.steady(10) == (300.0, 100.0)


def test_a_joint_step_is_the_sum_of_both_and_one_of_the_posterior_is_none():
    both = job.steps({"posterior": (2.0, 1.0), "likelihood": (3.0, 2.0)}, 10)
    assert both["step_ms"] == 5 and both["step_cpu_ms"] == 3 and both["posterior_step_ms"] == 2
    assert "step_ms" not in job.steps({"posterior": (2.0, 1.0)}, 10)
    assert job.steps({"": (2.0, 1.0)}, 10)["step_ms"] == 2


def test_the_rate_rises_and_falls_to_nothing():
    assert job.rate(0.025, 0.05) == 0.5 and job.rate(0.05, 0.05) == 1.0
    assert job.rate(0.525, 0.05) == pytest.approx(0.5) and job.rate(1.0, 0.05) == pytest.approx(0)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Few of each task."""
    folder, task = tmp_path_factory.mktemp("pairs"), simulators.get("two_moons")
    low, high = data.RACE
    data.save(folder / "race.npz", data.race, 80, low, high, held_out=20)
    bounds = task.prior.low, task.prior.high
    data.save(folder / "two_moons.npz", lambda rng, n: task.draw(rng, n), 200, *bounds, held_out=20)
    return folder


SMALL = {"training": {"epochs": 1, "batch": 16, "validation": 0.2}}
ZUKO = {"flow": "NICE", "transforms": 2, "hidden": [8], "batch": 16, "rate": 0.001, "warmup": 0.1}
SBI = {"flow": "maf", "networks": {"hidden_features": 8, "num_transforms": 1}, "batch": 16}
SETTINGS = {
    "ours": {"changes": SMALL},
    "zuko": ZUKO | {"clip": 5.0, "epochs": 1},
    "sbi": SBI | {"rate": 0.001, "validation": 0.1, "clip": 5.0, "epochs": 2},
}


@pytest.mark.parametrize("what", ["train", "step"])
@pytest.mark.parametrize(
    "system, task",
    [("ours", "race"), ("ours", "two_moons"), ("zuko", "two_moons"), ("sbi", "two_moons")],
)
def test_the_script_runs(system, task, what, pairs, tmp_path):
    """BayesFlow's is not: its package is in the environment of `make bench` alone."""
    setting = {"config": str(ROOT / "config.yaml"), **SETTINGS[system]}
    (tmp_path / "job.json").write_text(json.dumps({"what": what, "setting": setting, "seed": 1}))
    files = [tmp_path / "job.json", pairs / f"{task}.npz", tmp_path / "out.json"]
    small = "import job, runpy, sys; job.DRAWS, job.DATASETS, job.CHUNKS = 5, 20, (10, 20); "
    run = f"sys.argv = sys.argv[1:]; runpy.run_path({str(PEERS / f'{system}_runs.py')!r})"
    command = [sys.executable, "-c", small + run, "", *files]
    how = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(PEERS)}}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **how)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "out.json").read_text())["metrics"]
    timed = {"step_ms", "step_cpu_ms", "start_seconds", "step_peak_mb"}
    judged = {"nll_joint", "draws_per_second", "draws_peak_mb", "train_seconds"}
    assert (timed if what == "step" else judged) <= set(metrics)
    assert all(torch.isfinite(torch.tensor(value)) for value in metrics.values())
    assert all(compare.unit(name) is not None for name in metrics)


def test_the_figure_takes_a_table_of_the_whole_plan(tmp_path):
    every = []
    for place, run in enumerate(RUNS, 1):
        one = found(-3.0)
        if run["what"] == "step":
            one["metrics"] = {"step_ms": float(place), "posterior_step_ms": float(place)}
        else:
            one["metrics"]["draws_per_second"] = float(place)
        every += compare.rows(run, [one], BEST)
    whole = pd.DataFrame(every, columns=compare.COLUMNS)
    assert len(figures.wide(whole)) == len(RUNS)
    figures.figure(whole, tmp_path / "all.png")
    assert (tmp_path / "all.png").stat().st_size > 10_000

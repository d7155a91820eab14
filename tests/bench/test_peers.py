"""The comparison with other packages: its plan, its table, and our side of it."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from jana import settings
from jana.designs import Design

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "bench" / "peers"
sys.path.insert(0, str(PEERS))

import compare  # noqa: E402
import data  # noqa: E402
import figures  # noqa: E402

PLAN = yaml.safe_load((PEERS / "plan.yaml").read_text())
RUNS = PLAN["runs"]
OURS = [run for run in RUNS if run["system"] == "ours"]
BEST = {"posterior": -3.8, "likelihood": -4.3, "joint": -8.1}


def test_every_run_has_a_script_and_a_name_of_its_own():
    assert all((PEERS / f"{run['system']}_runs.py").exists() for run in RUNS)
    names = [
        (*(run[k] for k in ("system", "task", "what", "label")), run.get("cores")) for run in RUNS
    ]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("run", OURS, ids=lambda run: f"{run['task']}, {run['label']}")
def test_our_settings_are_a_design(run):
    designs = yaml.safe_load((ROOT / "config.yaml").read_text())["designs"]
    task = run["setting"].get("simulator", "two_moons")
    assert Design.from_config(settings.design(designs, "tuned", task, run["setting"]["changes"]))


def test_equal_networks_have_as_many_weights_in_the_couplings(tmp_path):
    """Twelve networks of two layers of 128 in each flow, as the peers are told to have."""
    setting = next(run for run in OURS if run["label"] == "equal networks")["setting"]
    for flow in ("posterior", "likelihood"):
        told = setting["changes"][flow]
        assert 2 * len(told["warps"]) == 12 and told["nets"]["A"]["hidden"] == [128, 128]
    theirs = {run["system"]: run["setting"] for run in RUNS if run["label"] == "equal networks"}
    assert 2 * theirs["bayesflow"]["depth"] == theirs["zuko"]["transforms"] == 12
    assert theirs["sbi"]["networks"]["num_transforms"] == 12


def found(value):
    metrics = {"nll_posterior": value, "nll_likelihood": -4.0, "nll_joint": value - 4.0}
    return {"version": "1", "metrics": metrics | {"train_seconds": 10 * value, "peak_mb": 5.0}}


def test_the_table_has_medians_ranges_and_divergences():
    run = {"system": "ours", "task": "two_moons", "label": "tuned"}
    table = pd.DataFrame(
        compare.rows(run, [found(v) for v in (-3.0, -3.5, -1.0)], BEST), columns=compare.COLUMNS
    )
    row = table[table.setting == "tuned, median of 3"].set_index("metric")
    assert row.value["nll_posterior"] == -3.0 and row.unit["nll_posterior"] == "nats"
    assert row.value["kl_posterior"] == pytest.approx(0.8) and row.unit["train_seconds"] == "s"
    assert row.value["kl_joint"] == pytest.approx(-7.0 + 8.1)
    ends = table[table.metric == "nll_posterior"].set_index("setting").value
    assert ends["tuned, least of 3"] == -3.5 and ends["tuned, largest of 3"] == -1.0


def test_other_tasks_have_no_divergence_as_nothing_is_exact():
    run = {"system": "ours", "task": "race", "label": "tuned"}
    assert not any(row[3].startswith("kl") for row in compare.rows(run, [found(-3.0)], BEST))


def test_a_run_that_fails_is_said_and_leaves_nothing(tmp_path, capsys):
    run = {"system": "nobody", "task": "two_moons", "what": "step", "label": "", "setting": {}}
    assert compare.go(run, 0, tmp_path) is None
    assert "FAILED" in capsys.readouterr().out and not list(tmp_path.glob("nobody*"))


def test_what_was_found_is_not_looked_for_again(tmp_path):
    run = {"system": "nobody", "task": "two_moons", "what": "step", "label": "", "setting": {}}
    (tmp_path / f"nobody-{compare.key(run, 3)}.json").write_text('{"version": "1"}')
    assert compare.go(run, 3, tmp_path) == {"version": "1"}
    assert compare.go(run | {"setting": {"batch": 1}}, 3, tmp_path) is None


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Few of each task."""
    folder = tmp_path_factory.mktemp("pairs")
    low, high = data.RACE
    data.save(folder / "race.npz", data.race, 80, low, high, held_out=20)
    return folder


@pytest.mark.parametrize("what", ["train", "step"])
def test_our_side_runs(what, pairs, tmp_path):
    changes = {"training": {"epochs": 1, "batch": 16, "validation": 0.2}}
    setting = {"config": str(ROOT / "config.yaml"), "changes": changes}
    (tmp_path / "job.json").write_text(json.dumps({"what": what, "setting": setting, "seed": 1}))
    files = [tmp_path / "job.json", pairs / "race.npz", tmp_path / "out.json"]
    command = [sys.executable, PEERS / "ours_runs.py", *files]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "out.json").read_text())["metrics"]
    wanted = {"train": {"nll_joint", "draws_per_second", "train_seconds", "peak_mb"}}
    assert wanted.get(what, {"step_ms", "step_cpu_ms", "start_seconds"}) <= set(metrics)
    assert all(compare.unit(name) for name in metrics)


def test_the_figure_has_every_run(tmp_path):
    rows = []
    for system, base in (("ours", 1.0), ("bayesflow", 3.0)):
        run = {"system": system, "task": "two_moons", "label": "tuned"}
        each = found(-base)
        each["metrics"] |= {"train_seconds": base, "step_ms": base, "draws_per_second": base}
        rows += compare.rows(run, [each], BEST)
    table = pd.DataFrame(rows, columns=compare.COLUMNS)
    wide = figures.by_which(table)
    assert set(wide.system) == {"ours", "bayesflow"} and {"median", "least", "largest"} <= set(wide)
    figures.figure(table, tmp_path / "all.png")
    assert (tmp_path / "all.png").stat().st_size > 10_000

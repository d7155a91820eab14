"""Runs plan.yaml, round by round, and writes bench/results/latest.csv and its figures.

    python bench/peers/compare.py [FOLDER] [--only SYSTEM_OR_TASK ...]

FOLDER (bench/work) keeps the data and what each process found: a run that was stopped goes on.
"""

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import data
import figures
import pandas as pd
import yaml

HERE = Path(__file__).parent
COLUMNS = ["system", "version", "task", "metric", "setting", "value", "unit", "hardware", "date"]
UNITS = {"ms": "ms", "seconds": "s", "mb": "MB", "second": "1/s"}
STEP_ROWS = 2560  # in each pass that a step is timed by
SIZES = {"two_moons": 10_000, "race": 10_000, "epidemic_corrected": 2000}


def unit(metric: str) -> str:
    """Of a metric, by how its name ends."""
    if metric.startswith(("nll", "kl")):
        return "nats"
    return UNITS[metric.rsplit("_", 1)[-1]]


def hardware(cores: int) -> str:
    """The processor, and how many of its cores a process had."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.processor()}, {cores} of {os.cpu_count()} cores"


def key(run: dict[str, Any], seed: int) -> str:
    """What makes a run another one."""
    told = json.dumps([run, seed], sort_keys=True).encode()
    return hashlib.sha256(told).hexdigest()[:16]


def go(run: dict[str, Any], seed: int, folder: Path) -> dict[str, Any] | None:
    """What a process found, or None where it failed; read, where it was there already."""
    kept = folder / f"{run['system']}-{key(run, seed)}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    cores = run.get("cores", 1)
    n = run.get("simulations", SIZES.get(run["task"], 10_000))
    job, out = folder / "job.json", folder / "out.json"
    told = {"what": run["what"], "setting": run["setting"], "seed": seed}
    if run["what"] == "step":
        told["rows"] = run.get("rows", STEP_ROWS)
    told["setting"] = {"config": str(HERE.parents[1] / "config.yaml"), **told["setting"]}
    job.write_text(json.dumps(told))
    out.unlink(missing_ok=True)
    files = [str(path) for path in (job, folder / f"{run['task']}-{n}.npz", out)]
    variables = {"OMP_NUM_THREADS": str(cores), **run.get("variables", {})}
    pinned = ["taskset", "-c", ",".join(str(core) for core in range(cores))]
    command = [*pinned, sys.executable, str(HERE / f"{run['system']}_runs.py"), *files]
    how = {"cwd": folder, "env": os.environ | variables, "capture_output": True, "text": True}
    done = subprocess.run(command, **how)
    if done.returncode or not out.exists():
        print(f"FAILED with status {done.returncode}\n{done.stderr[-2000:]}", flush=True)
        return None
    out.rename(kept)
    return json.loads(kept.read_text())


def rows(run: dict[str, Any], found: list[dict[str, Any]], best: dict[str, float]) -> list[list]:
    """Medians over the seeds, and the least and the largest, of every metric."""
    metrics: dict[str, list[float]] = {}
    for one in found:
        values = dict(one["metrics"])
        if run["task"] == "two_moons":
            values |= {
                f"kl_{name}": values[f"nll_{name}"] - exact
                for name, exact in best.items()
                if f"nll_{name}" in values
            }
        for name, value in values.items():
            metrics.setdefault(name, []).append(value)
    table, today = [], date.today().isoformat()
    on = hardware(run.get("cores", 1))
    for name, values in metrics.items():
        each = {"": statistics.median(values), "least ": min(values), "largest ": max(values)}
        for which, value in each.items():
            setting = f"{run['label']}, {which or 'median '}of {len(values)}"
            row = [run["system"], found[0]["version"], run["task"], name, setting]
            table.append([*row, float(f"{value:.5g}"), unit(name), on, today])
    return table


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=HERE.parent / "work")
    parser.add_argument("--only", nargs="*", default=[], help="systems, tasks, or train or step")
    parser.add_argument("--plan", type=Path, default=HERE / "plan.yaml")
    parser.add_argument("--table", type=Path, default=HERE.parent / "results" / "latest.csv")
    asked = parser.parse_args()
    asked.folder = asked.folder.resolve()
    plan = yaml.safe_load(asked.plan.read_text())
    if not (asked.folder / "normal50-10000.npz").exists():
        data.make(asked.folder)
    runs = [
        run for run in plan["runs"] if set(asked.only) <= {run["system"], run["task"], run["what"]}
    ]
    found: dict[int, list[dict[str, Any]]] = {place: [] for place in range(len(runs))}
    for seed in range(plan["seeds"]):
        for place, run in enumerate(runs):
            if seed >= run.get("seeds", plan["seeds"]):
                continue
            print(f"seed {seed}: {run['system']}, {run['task']}, {run['label']}", flush=True)
            one = go(run, seed, asked.folder)
            if one is not None:
                print("   ", {k: float(f"{v:.4g}") for k, v in one["metrics"].items()}, flush=True)
                found[place].append(one)
    best = data.optimum()
    best["joint"] = sum(best.values())
    table = [row for place, each in found.items() if each for row in rows(runs[place], each, best)]
    asked.table.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(table, columns=COLUMNS).to_csv(asked.table, index=False)
    figures.figure(pd.read_csv(asked.table), asked.table.with_suffix(".png"))
    print(f"{len(table)} rows: {asked.table}")


if __name__ == "__main__":
    main()

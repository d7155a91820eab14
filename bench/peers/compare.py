"""Runs plan.yaml, round by round, and writes bench/results/latest.csv and its figure.

    python bench/peers/compare.py [FOLDER] [--only NAME ... (--update | --table TABLE.csv)]

FOLDER (bench/kept) keeps the data and what each process found: a run that was stopped goes on, with
the same code, packages and processor. Names are of systems, of tasks, or train and step. With
--update rows of the runs asked for take the place of those in the table, and the others stay: every
row says of what version and day it is.
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
from functools import cache
from pathlib import Path
from typing import Any

import data
import figures
import pandas as pd
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LATEST = ROOT / "bench" / "results" / "latest.csv"
COLUMNS = ["system", "version", "task", "metric", "setting", "value", "unit", "hardware", "date"]
UNITS = {"ms": "ms", "seconds": "s", "mb": "MB", "second": "1/s", "once": "", "runs": ""}
SIZES = {"epidemic_corrected": 2000}
KINDS = ("system", "task", "what")
ENDS = {"": statistics.median, "_least": min, "_largest": max}
Run = dict[str, Any]


def unit(metric: str) -> str:
    """Of a metric, by how its name ends."""
    name = metric.removesuffix("_least").removesuffix("_largest")
    return "nats" if name.startswith(("nll", "kl")) else UNITS[name.rsplit("_", 1)[-1]]


@cache
def processor() -> str:
    """Of this machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.processor()}, {os.cpu_count()} cores"


@cache
def state() -> str:
    """A hash of all that makes a result another one, beside its entry in the plan."""
    files = [*HERE.glob("*.py"), *(ROOT / "src").rglob("*.py"), ROOT / "config.yaml"]
    files = [*files, *(ROOT / "envs").glob("*.lock")]
    whole = hashlib.sha256(processor().encode())
    for path in sorted(files):
        if path != HERE / "figures.py":
            whole.update(path.read_bytes())
    return whole.hexdigest()


def key(run: Run, seed: int) -> str:
    """What a run's result is kept by."""
    asked = {name: value for name, value in run.items() if name != "seeds"}
    told = json.dumps([asked, seed, state()], sort_keys=True).encode()
    return hashlib.sha256(told).hexdigest()[:16]


def command(run: Run, files: list[Path]) -> tuple[list[str], dict[str, str]]:
    """What to start, and its environment: no GPU, and as many cores and threads as it is given."""
    cores = run.get("cores", 1)
    variables = {"CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "jax", "OMP_NUM_THREADS": str(cores)}
    free = sorted(os.sched_getaffinity(0))
    if len(free) < cores:
        raise SystemExit(f"a run needs {cores} cores, but this process may use {len(free)} only")
    pinned = ["taskset", "-c", ",".join(map(str, free[:cores]))]
    script = [sys.executable, str(HERE / f"{run['system']}_runs.py"), *map(str, files)]
    inherited = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    return pinned + script, inherited | variables | run.get("variables", {})


def go(run: Run, seed: int, folder: Path) -> dict[str, Any] | None:
    """What a process found, or None where it failed; read, where it was there already."""
    kept = folder / f"{run['system']}-{key(run, seed)}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    n = run.get("simulations", SIZES.get(run["task"], 10_000))
    files = [folder / "job.json", folder / f"{run['task']}-{n}.npz", folder / "out.json"]
    setting = {"config": str(ROOT / "config.yaml"), **run["setting"]}
    told = {"what": run["what"], "setting": setting, "seed": seed, "rows": run.get("rows")}
    files[0].write_text(json.dumps(told))
    files[-1].unlink(missing_ok=True)
    started, environment = command(run, files)
    how = {"cwd": folder, "env": environment, "capture_output": True, "text": True}
    try:
        done = subprocess.run(started, timeout=run.get("limit", 3600), **how)
        status, said = done.returncode, done.stderr
    except subprocess.TimeoutExpired as error:
        status, said = "none", str(error)
    if status != 0 or not files[-1].exists():
        print(f"FAILED with status {status}\n{said[-2000:]}", flush=True)
        return None
    found = json.loads(files[-1].read_text()) | {"date": date.today().isoformat()}
    files[-1].write_text(json.dumps(found))
    files[-1].rename(kept)
    return found


def rows(run: Run, found: list[dict[str, Any]], best: dict[str, float]) -> list[list]:
    """Of every metric the median over the seeds, the least and the largest; and how many."""
    metrics: dict[str, list[float]] = {"runs": [float(len(found))]}
    for one in found:
        values = dict(one["metrics"])
        if run["task"] == "two_moons":
            losses = {name: f"nll_{name}" for name in best}
            values |= {
                f"kl_{n}": values[nll] - best[n] for n, nll in losses.items() if nll in values
            }
        for name, value in values.items():
            metrics.setdefault(name, []).append(value)
    cores = run.get("cores", 1)
    about = [run["system"], found[0]["version"] if found else "", run["task"]]
    where = f"{processor()}, {cores} used", max((one["date"] for one in found), default="")
    table = []
    for name, values in metrics.items():
        for end, of in ENDS.items() if name != "runs" else [("", max)]:
            value = float(f"{of(values):.5g}")
            table.append([*about, name + end, label(run), value, unit(name), *where])
    return table


def label(run: Run) -> str:
    """What the table calls a run's setting; a step's is told from a training's."""
    return run["label"] if run["what"] == "train" else f"{run['label']} (steps)"


def wanted(runs: list[Run], only: list[str]) -> list[Run]:
    """Those runs whose system, task and kind are among the names, where some are named."""
    kinds = [{run[kind] for run in runs} for kind in KINDS]
    unknown = set(only) - set().union(*kinds)
    if unknown:
        raise SystemExit(f"--only takes systems, tasks, train and step, not {sorted(unknown)}")
    sets = [names & set(only) or names for names in kinds]
    chosen = [r for r in runs if all(r[k] in s for k, s in zip(KINDS, sets, strict=True))]
    if not chosen:
        raise SystemExit(f"--only {' '.join(only)} leaves no run of the plan")
    return chosen


def updated(table: pd.DataFrame, rows: pd.DataFrame, runs: list[Run]) -> pd.DataFrame:
    """The table with these rows for those that it has of the plan's runs, in the plan's order.

    What is no run of the plan is left out.
    """
    names = [(run["system"], run["task"], label(run)) for run in runs]
    new = set(zip(rows.system, rows.task, rows.setting, strict=True))
    of = list(zip(table.system, table.task, table.setting, strict=True))
    both = pd.concat([table[[name not in new for name in of]], rows], ignore_index=True)
    of = list(zip(both.system, both.task, both.setting, strict=True))
    both["place"] = [names.index(name) if name in names else -1 for name in of]
    both = both[both.place >= 0].sort_values("place", kind="stable")
    return both.drop(columns="place").reset_index(drop=True)


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "bench" / "kept")
    parser.add_argument("--only", nargs="*", default=[], help="systems, tasks, train or step")
    parser.add_argument("--plan", type=Path, default=HERE / "plan.yaml")
    parser.add_argument("--table", type=Path, default=LATEST)
    parser.add_argument("--update", action="store_true", help="leave the table's other rows")
    asked = parser.parse_args()
    if asked.only and asked.table == LATEST and not asked.update:
        parser.error("with --only name another --table, or --update, or the whole would be lost")
    asked.folder = asked.folder.resolve()
    return asked


def main() -> int:
    """See above; the status is 1 where a run failed."""
    asked = arguments()
    plan = yaml.safe_load(asked.plan.read_text())
    runs = wanted(plan["runs"], asked.only)
    stamp = asked.folder / f"data-{state()[:16]}"
    if not stamp.exists():
        data.make(asked.folder)
        stamp.touch()
    found: list[list[dict[str, Any]]] = [[] for _ in runs]
    asked_for = 0
    for seed in range(plan["seeds"]):
        for run, each in zip(runs, found, strict=True):
            if seed >= run.get("seeds", plan["seeds"]):
                continue
            print(f"seed {seed}: {run['system']}, {run['task']}, {label(run)}", flush=True)
            one, asked_for = go(run, seed, asked.folder), asked_for + 1
            if one is not None:
                print("   ", {k: float(f"{v:.4g}") for k, v in one["metrics"].items()}, flush=True)
                each.append(one)
    best = data.optimum()
    best["joint"] = sum(best.values())
    made = [row for run, each in zip(runs, found, strict=True) for row in rows(run, each, best)]
    table = pd.DataFrame(made, columns=COLUMNS)
    if asked.update and asked.table.exists():
        table = updated(pd.read_csv(asked.table), table, plan["runs"])
    asked.table.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(asked.table, index=False)
    figures.figure(pd.read_csv(asked.table), asked.table.with_suffix(".png"))
    failed = asked_for - sum(map(len, found))
    print(f"{len(table)} rows: {asked.table}" + (f"; {failed} runs FAILED" if failed else ""))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

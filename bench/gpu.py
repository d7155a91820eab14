"""Trains on a GPU what the workflow has listed: python bench/gpu.py results/paper/jobs/*/*.json

The list comes from `snakemake training_jobs --configfile config.paper.yaml`, which simulates too.
Carry the repository and the results folder to a machine with a GPU and run this there: it needs
torch, numpy, xarray with netCDF4, arviz-stats, jaxtyping and tqdm, and neither Snakemake nor a
network. It trains by the same function as the workflow's rule. Stopped after --minutes, or killed,
it goes on where it stopped when it is run again. Carry the results folder back: the workflow takes
the files as its own.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from jana import provenance, trainer  # noqa: E402

STOPPED = 3  # exit code of a job that is not done when time is up


def main() -> int:
    """Trains all jobs, so many at once; 0 if all are done."""
    options = parsed()
    end = time.monotonic() + 60 * options.minutes
    if options.alone:
        job = trainer.Job.read(options.jobs[0])
        return 0 if trainer.train(job, 60 * options.minutes) else STOPPED
    # A process for each: a job that fails takes no other with it.
    with ThreadPoolExecutor(options.at_once) as pool:
        codes = list(pool.map(lambda job: run(job, end), options.jobs))
    for code, job in zip(codes, options.jobs, strict=True):
        print({0: "done", STOPPED: "to be continued"}.get(code, f"failed ({code})"), job)
    failed = [code for code in codes if code not in (0, STOPPED)]
    return 1 if failed else max(codes)


def parsed() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("jobs", nargs="+", help="files that `snakemake training_jobs` wrote")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="until they stop")
    parser.add_argument("--at-once", type=int, default=4, help="processes that share the GPU")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run(path: str, end: float) -> int:
    """One job in a process of its own, unless its files are there; its exit code."""
    job = trainer.Job.read(path)
    apart = job.params["design"].get("apart") or {}
    tasks = [job.task, *filter(None, [apart.get("task")])]
    modules = [f"jana.simulators.{task}" for task in tasks]
    found = provenance.fingerprint(ROOT / "workflow" / "scripts" / "train.py", *modules)
    if found != job.params["code"]:
        print(
            f"{path} needs the code that it was listed with, but the code here is another: list it "
            "anew with snakemake training_jobs"
        )
        return 1
    if trainer.ended(job):
        return 0
    left = (end - time.monotonic()) / 60
    if left <= 0:
        return STOPPED
    command = [sys.executable, __file__, path, "--alone", "--minutes", str(left)]
    log = Path(path).with_suffix(".log")
    with log.open("a") as file:
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        return subprocess.call(command, cwd=ROOT, stdout=file, stderr=file, env=environment)


if __name__ == "__main__":
    sys.exit(main())

"""What jobs took, from the files that Snakemake's `benchmark:` writes."""

from pathlib import Path

import pandas as pd

NAMES = {"s": "seconds", "cpu_time": "cpu_seconds", "max_rss": "peak_mb"}


def load(folder: Path | str) -> pd.DataFrame:
    """A row for each job that has a file below `folder`.

    Snakemake looks at a job every half second at first, later every half minute, and writes what
    it saw last: CPU time and memory may be of up to half a minute before the job's end.

    Returns:
        job (its file below the folder, without ".tsv"), seconds of wall clock, cpu_seconds, and
        peak_mb, the largest resident memory seen. The last two are NaN where a job was too short
        to be looked at.
    """
    found = []
    for path in sorted(Path(folder).rglob("*.tsv")):
        # A rule that repeats its job has a line for each; the last is the one whose result stays.
        last = pd.read_csv(path, sep="\t", na_values=["-", "NA"]).iloc[-1]
        job = path.relative_to(folder).with_suffix("").as_posix()
        numbers = {name: float(last[column]) for column, name in NAMES.items()}
        found.append({"job": job} | numbers)
    return pd.DataFrame(found, columns=["job", *NAMES.values()])

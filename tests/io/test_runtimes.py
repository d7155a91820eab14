"""Files of Snakemake's `benchmark:`."""

import math

from jana.io import runtimes

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def write(path, seconds, cpu="2.5", rss="300.5"):
    path.parent.mkdir(parents=True, exist_ok=True)
    row = f"{seconds}\t0:00:02\t{rss}\t1\t1\t1\t0\t0\t50\t{cpu}\n"
    path.write_text(path.read_text() + row if path.exists() else HEAD + row)


def test_a_row_for_each_job_below_the_folder(tmp_path):
    write(tmp_path / "two_moons" / "tuned" / "train.tsv", 61.0)
    write(tmp_path / "report.tsv", 3.0)
    found = runtimes.load(tmp_path).set_index("job")
    assert found.seconds.to_dict() == {"report": 3.0, "two_moons/tuned/train": 61.0}
    assert found.cpu_seconds["report"] == 2.5 and found.peak_mb["report"] == 300.5


def test_of_a_repeated_job_the_last_counts(tmp_path):
    write(tmp_path / "draws.tsv", 9.0)
    write(tmp_path / "draws.tsv", 4.0)
    assert runtimes.load(tmp_path).seconds.tolist() == [4.0]


def test_a_job_too_short_to_be_looked_at_has_no_cpu_time(tmp_path):
    write(tmp_path / "draws.tsv", 0.1, "NA", "-")
    (found,) = runtimes.load(tmp_path).itertuples()
    assert found.seconds == 0.1 and math.isnan(found.cpu_seconds) and math.isnan(found.peak_mb)


def test_a_folder_without_any_gives_an_empty_table(tmp_path):
    assert runtimes.load(tmp_path).empty and "cpu_seconds" in runtimes.load(tmp_path)

"""A user's own model, as the README has it: one simulator file and one entry, nothing else."""

import re
from pathlib import Path

import pytest

from jana.io import tables

README = (Path(__file__).parents[2] / "README.md").read_text()
MODEL = re.search(r"decay.py <<'END'\n(.*?)END\n", README, re.S)[1]
ENTRY = re.search(r"echo '(.*?)' > own.yaml", README)[1]
OVERLAY = ("--configfile", "config.smoke.yaml", "own.yaml")
R = "results/own"
pytestmark = pytest.mark.usefixtures("kernels")


def add(tree, text, name="decay"):
    (tree.path / "src" / "jana" / "simulators" / f"{name}.py").write_text(text)
    (tree.path / "own.yaml").write_text(ENTRY.replace("decay", name))


def test_a_new_model_runs_and_has_its_figures_and_verdicts(tree):
    add(tree, MODEL)
    done = tree.snakemake("--cores", 2, *OVERLAY)
    assert done.returncode == 0, done.stdout
    table = tables.load(tree.path / R / "tables" / "benchmarks.csv")
    ours = table[(table.task == "decay") & (table.method == "jana")]
    verdicts = set(ours[ours.metric == "verdict"].quantity)
    assert verdicts == {"calibrated", "informative", "within the prior", "evidence trusted"}
    assert {"start", "rate (1/s)"} <= set(ours[ours.metric == "sbc_pvalue"].quantity)
    assert not set(ours.metric) & {"c2st", "kl_posterior", "lml_error"}  # nothing exact to ask
    text = (tree.path / R / "report.html").read_text()
    assert text.count("data:image/png;base64,") == 4 and "decay" in text
    assert 'id="diffusion"' not in text and not (tree.path / R / "tables/diffusion.csv").exists()


BROKEN = {
    "NaN": ("return mean +", "return mean.log() * torch.nan +", "simulated data must be finite"),
    "a wrong shape": (
        "return mean +",
        "return mean[:, None] +",
        "simulate must give 16 data sets of 1",
    ),
    "a global generator": (", generator=rng)", ")", "drew from the global generator of torch"),
    "names that clash": ('("start", "rate (1/s)")', '("start", "start")', "start stands twice"),
    "an axis that is taken": ('("time",)', '("draw",)', "x_axes may not be called draw"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_model_ends_its_first_job_with_what_to_do(tree, case):
    old, new, reason = BROKEN[case]
    assert old in MODEL
    add(tree, MODEL.replace(old, new))
    target = f"{R}/decay/simulations/train.nc"
    done = tree.snakemake("--cores", 1, *OVERLAY, "--", target)
    assert done.returncode != 0 and re.search(rf"ValueError: .*{reason}", done.stdout), done.stdout
    assert not (tree.path / target).exists()
    assert not list((tree.path / R).rglob("*.part"))

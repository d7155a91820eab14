"""A user's own model: one simulator file and one configuration entry, and nothing else."""

import re

import pytest

from jana.io import tables

MODEL = '''"""A decaying count: its rate and its start, seen at five times; no exact answers."""

import torch

from .base import Simulator
from .priors import box


def simulate(rng, theta):
    """Noisy counts at the times 1 to 5."""
    start, rate = theta.unbind(-1)
    mean = start[:, None] * torch.exp(-rate[:, None] * torch.arange(1.0, 6.0))
    return mean + 0.1 * torch.randn(mean.shape, generator=rng)


simulator = Simulator(
    prior=box(low=[1.0, 0.1], high=[3.0, 1.0]),
    simulate=simulate,
    theta_names=("start", "rate (1/s)"),
    x_axes=("time",),
)
'''
OVERLAY = ("--configfile", "config.smoke.yaml", "own.yaml")
R = "results/smoke"


def add(tree, text, name="decay"):
    (tree.path / "src" / "jana" / "simulators" / f"{name}.py").write_text(text)
    (tree.path / "own.yaml").write_text(f"benchmarks: {{tasks: [{name}], designs: [tuned]}}\n")


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


BROKEN = {
    "NaN": ("return mean +", "return mean.log() * torch.nan +", "simulated data must be finite"),
    "a wrong shape": ("return mean +", "return mean[0] +", "simulate must give 16 data sets of 1"),
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

"""What Snakemake would do, and what it refuses, before anything runs."""

import re

import pytest
import torch

OVERLAY = ("--configfile", "config.smoke.yaml")
OVERLAYS = [[], ["config.paper.yaml"], ["config.smoke.yaml"]]


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda names: "".join(names) or "config.yaml")
@pytest.mark.parametrize("profile", ["default", "gpu"])
def test_every_scale_has_a_plan_under_every_profile(tree, overlay, profile):
    files = ["--configfile", *overlay] if overlay else []
    done = tree.snakemake("-n", "--workflow-profile", f"profiles/{profile}", *files)
    assert done.returncode == 0, done.stdout
    total = int(re.search(r"^total\s+(\d+)", done.stdout, re.M)[1])
    assert total < 100


def test_part_of_the_study_can_be_asked_for(tree):
    done = tree.snakemake("-n", "benchmarks")
    assert done.returncode == 0 and "rule report:" not in done.stdout


REFUSED = {
    "an unknown key": ("device: auto", "device: auto\ncolour: red", "'colour' was unexpected"),
    "an unknown key deep down": (
        "    draws: 250",
        "    draws: 250\n    x: 1",
        "'x' was unexpected",
    ),
    "a wrong type": ("members: 3", "members: three", "'three' is not of type 'integer'"),
    "out of range": ("validation: 0.05", "validation: 1.5", "1.5 is greater than or equal to"),
    "an unknown device": ("device: auto", "device: tpu", "'tpu' is not one of"),
    "an unknown warp": ("warp: spline", "warp: bend", "'bend' is not one of"),
    "an unknown task": (
        "[two_moons, gaussian_linear]",
        "[three_moons]",
        "no src/jana/simulators/three_moons.py (there are ",
    ),
    "a module that is no simulator": (
        "[two_moons, gaussian_linear]",
        "[base]",
        "needs a simulator",
    ),
    "a folder's name for a design": ("  tuned:\n", "  exact:\n", "exact"),
    "more calibration sets than there are": ("datasets: 1000", "datasets: 99999", "99999 of only"),
    "more evidence sets than there are": ("datasets: 100\n", "datasets: 88888\n", "88888 of only"),
    "an unknown design": ("designs: [tuned]", "designs: [best]", "best has none (there are tuned)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_configuration_is_refused_with_the_reason(tree, case):
    old, new, reason = REFUSED[case]
    tree.edit("config.yaml", old, new)
    done = tree.snakemake("-n")
    assert done.returncode != 0 and reason in done.stdout, done.stdout
    assert not (tree.path / "results").exists()


def test_another_trees_package_is_refused(tree, tmp_path):
    """Its code would run, and this tree's would be believed to have run."""
    other = tmp_path / "other"
    other.mkdir()
    done = type(tree)(other).snakemake("-n", source=tree.path / "src")
    assert done.returncode != 0 and "the package installed here must be this tree's" in done.stdout


def test_cuda_without_a_gpu_ends_the_job_at_once_with_what_to_do(copy):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    copy.edit("config.smoke.yaml", "device: cpu", "device: cuda")
    model = copy.path / "results/smoke/two_moons/tuned/model.pt"
    model.unlink()
    done = copy.snakemake("--cores", 2, *OVERLAY, "--", model.relative_to(copy.path))
    assert done.returncode != 0 and not model.exists()
    assert done.stdout.count("ValueError: device: cuda needs an NVIDIA GPU") == 1

"""What Snakemake would do, and what it refuses, before anything runs."""

import re

import pytest

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
    "an unknown design": ("designs: [tuned]", "designs: [best]", "best has none (there are tuned)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_configuration_is_refused_with_the_reason(tree, case):
    old, new, reason = REFUSED[case]
    tree.edit("config.yaml", old, new)
    done = tree.snakemake("-n")
    assert done.returncode != 0 and reason in done.stdout, done.stdout
    assert not (tree.path / "results").exists()


def test_cuda_without_a_gpu_ends_the_job_at_once_with_what_to_do(smoke):
    """The networks are there already: only the devices differ."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    overlay = smoke.path / "cuda.yaml"
    overlay.write_text("device: cuda\nscale: smoke_cuda\n")
    done = smoke.snakemake(
        "--cores",
        2,
        "results/smoke_cuda/two_moons/tuned/model.pt",
        "--configfile",
        "config.smoke.yaml",
        overlay,
        "--retries",
        0,
    )
    assert done.returncode != 0
    assert "needs an NVIDIA GPU that PyTorch can use" in done.stdout
    assert not (smoke.path / "results/smoke_cuda/two_moons/tuned/model.pt").exists()

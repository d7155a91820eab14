"""What Snakemake would do, and what it refuses, before anything runs."""

import os
import re

import pytest
import torch

OVERLAY = ("--configfile", "config.smoke.yaml")


def total(done):
    assert done.returncode == 0, done.stdout
    return int(re.search(r"^total\s+(\d+)", done.stdout, re.M)[1])


def test_every_scale_has_a_plan(tree, paper):
    """Each under one of the profiles, which both are used."""
    assert total(tree.snakemake("-n")) < 620
    assert total(paper) < 2900
    assert total(tree.snakemake("-n", *OVERLAY)) < 190


def test_fits_are_the_reference_where_nothing_else_is_known(paper):
    (block,) = re.findall(r"rule exact_draws:\n.*?lotka_volterra/exact.*?\n\n", paper.stdout, re.S)[
        :1
    ]
    job = block[block.rindex("rule exact_draws") :]
    assert "lotka_volterra/stan/fits-0.nc" in job
    assert not re.search(r"bernoulli_glm/exact/draws.nc", paper.stdout)  # nothing is known there


def test_c2st_with_many_draws_can_be_asked_for(tree):
    done = tree.snakemake("-n", "c2st_full")
    assert done.returncode == 0 and re.search(r"^full_c2st +\d+", done.stdout, re.M)
    assert "rule figure_losses" not in done.stdout


def test_part_of_the_study_can_be_asked_for(tree):
    done = tree.snakemake("-n", "benchmarks")
    assert done.returncode == 0 and "rule report:" not in done.stdout


REFUSED = {
    "an unknown key": ("device: auto", "device: auto\ncolour: red", "'colour' was unexpected"),
    "an unknown key deep down": (
        "    draws: 100 #",
        "    x: 1\n    draws: 100 #",
        "'x' was unexpected",
    ),
    "an unknown key in one task's settings": (
        "      gaussian_linear: {}",
        "      gaussian_linear: {speed: 3}",
        "'speed' was unexpected",
    ),
    "a wrong type": ("members: 3", "members: three", "'three' is not of type 'integer'"),
    "out of range": ("validation: 0.05", "validation: 1.5", "1.5 is greater than or equal to"),
    "out of range in one task's settings": (
        "rate: 0.0005, batch: 32}",
        "rate: 0.0005, batch: 0}",
        "0 is less than the minimum",
    ),
    "an unknown device": ("device: auto", "device: tpu", "'tpu' is not one of"),
    "an unknown warp": ("warps: GSS", "warps: XX", "'XX' does not match"),
    "a warp without networks": ("warps: GSS", "warps: SA", "for two_moons A has none"),
    "a layer that the published kit lacks": (
        "      kit: published\n      warps: AAAAA\n      nets: {A:",
        "      kit: published\n      warps: AAAAG\n      nets: {G: {hidden: [8]}, A:",
        "warps has a G, a layer that the published kit lacks",
    ),
    "trials with a design as one vector": (
        "    screen: true",
        "    flat: true\n    screen: true",
        "takes trials as one vector (flat: true), but those of bernoulli_glm_raw_sbibm have",
    ),
    "no summary, and trials are not one vector": (
        "    summary: # of exchangeable trials\n      hidden: [64, 64] # of both its networks\n"
        "      features: 8 # that are learned, beside the moments of the set\n",
        "    flat: false\n",
        "exchangeable trials, which need a summary network",
    ),
    "too few fits for a reference": (
        "drift_diffusion_unbiased]\n  datasets: 10",
        "drift_diffusion_unbiased, sir]\n  datasets: 9",
        "of sir are Stan's fits, which needs stan.datasets to be benchmarks.observations",
    ),
    "a design kept to an unknown task": (
        "    paper: [two_moons, gaussian",
        "    paper: [three_moons, gaussian",
        "paper is no entry of designs, or one of three_moons, gaussian_linear",
    ),
    "an unknown task": (
        "    - two_moons\n",
        "    - three_moons\n",
        "no src/jana/simulators/three_moons.py with a `simulator = Simulator(...)` (there are ",
    ),
    "a module that is no simulator": ("    - two_moons\n", "    - base\n", "needs a simulator"),
    "settings of an unknown task": (
        "      gaussian_linear: {}",
        "      linear: {}",
        "there is no linear (there are",
    ),
    "an unknown toolchain": ("toolchain: auto", "toolchain: rstan", "'rstan' is not one of"),
    "a reference fit without a program": (
        "  tasks: [two_moons, gaussian_linear,",
        "  tasks: [two_moons_wide, gaussian_linear,",
        "stan.tasks needs a Stan program, but two_moons_wide has none (there are gaussian_linear,",
    ),
    "more reference fits than observations": (
        "datasets: 10 # the first",
        "datasets: 11 # the first",
        "11 are asked of only 10",
    ),
    "Stan's folder for a design": ("designs:\n  tuned:", "designs:\n  stan:", "stan"),
    "a folder's name for a design": ("designs:\n  tuned:", "designs:\n  exact:", "exact"),
    "more calibration sets than there are": ("datasets: 1000", "datasets: 99999", "100000 of only"),
    "more evidence sets than there are": ("datasets: 100\n", "datasets: 88888\n", "88888 of only"),
    "an unknown design": (
        "designs: [tuned, paper]",
        "designs: [best]",
        "best has none (there are tuned, ",
    ),
    "exchangeable data without a summary network": (
        "    summary: # of exchangeable trials\n      hidden: [64, 64] # of both its networks\n"
        "      features: 8 # that are learned, beside the moments of the set\n",
        "",
        "gaussian_iid has exchangeable trials, which need a summary network",
    ),
    "surrogate data for networks that are trained together": (
        "together: false # both",
        "together: true # both",
        "cannot have surrogate above 0 with together: true",
    ),
    "too little to validate with": (
        "validation: 0.05",
        "validation: 0.00001",
        "must hold out one simulation or more",
    ),
    "C2ST of an unknown design": (
        "    designs: [tuned] #",
        "    designs: [tunned] #",
        "tunned has none (there are tuned, ",
    ),
    "a task of two experiments": (
        "    - drift_diffusion\n",
        "    - drift_diffusion\n    - two_moons\n",
        "two_moons stands in benchmarks.tasks and in diffusion.tasks: leave it out of one of them",
    ),
    "response times of a simulator without": (
        "    - drift_diffusion\n",
        "    - drift_diffusion\n    - two_moons_wide\n",
        "each of diffusion.tasks needs response times, of a simulator with x_shift",
    ),
    "an unknown task of the diffusion experiment": (
        "    - drift_diffusion\n",
        "    - drift_difusion\n",
        "each of diffusion.tasks needs a simulator, but there is no",
    ),
    "more densities than held-out pairs": (
        "densities: 10",
        "densities: 2001",
        "diffusion.densities are the first of diffusion.test, but densities needs 2001 of only",
    ),
    "chains that are too short": (
        "warmup: 200, draws: 500, accept",
        "warmup: 10, draws: 500, accept",
        "10 is less than the minimum",
    ),
    "more fits of response times than data sets": (
        "observations: 20",
        "observations: 19",
        "diffusion.observations, but 20 are asked of only 19",
    ),
    "a design like one that is not whole": (
        "joint: {like: tuned,",
        "joint: {like: separate,",
        "designs.joint.like needs the name of a whole design, but separate is none",
    ),
    "an ablation of an unknown design": (
        "[shared_separate, shared_joint]",
        "[shared_separate, shared]",
        "diffusion.ablation.pairs needs two designs, but shared, of shared summary, has no",
    ),
    "an ablation of surrogate pairs under one norm": (
        "joint: {like: tuned, training: {surrogate: 0.0,",
        "joint: {like: tuned, training: {surrogate: 0.5,",
        "designs.joint.training, of diffusion.ablation, cannot have surrogate above 0 with",
    ),
    "an ablation larger than what is simulated": (
        "simulations: 3000",
        "simulations: 49999",
        "diffusion.ablation learns from the first of diffusion.simulations",
    ),
    "a likelihood of the summary outside the ablation": (
        "  designs: [tuned]\n  only: {}",
        "  designs: [shared_joint]\n  only: {}",
        "diffusion.designs needs likelihood networks of the data, but designs.shared_joint has one",
    ),
    "more data sets for SBC of Stan than for ours": (
        "sbc: {datasets: 50,",
        "sbc: {datasets: 1001,",
        "SBC of Stan is beside ours on the same data sets, but diffusion.sbc.datasets are 1001",
    ),
    "too few draws for SBC of Stan": (
        "warmup: 250, draws: 1500} # Stan's own",
        "warmup: 250, draws: 100} # Stan's own",
        "SBC of Stan thins its draws to diffusion.calibration.draws",
    ),
    "changes for an unknown task": (
        "      drift_diffusion: &times",
        "      drift_difusion: &times",
        "each of designs.tuned.changes needs a simulator, but there is no drift_difusion",
    ),
    "an unknown task to learn from apart": (
        "task: drift_diffusion_wide #",
        "task: drift_diffusion_wider #",
        "(it is drift_diffusion_wider)",
    ),
    "a task to learn from apart that is judged too": (
        "task: drift_diffusion_wide #",
        "task: drift_diffusion_unbiased #",
        "a simulator that stands in no list of tasks (it is drift_diffusion_unbiased)",
    ),
    "networks that learn apart and together": (
        "epochs: 100, together: false",
        "epochs: 100, together: true",
        "training.together: false, for drift_diffusion: mend",
    ),
    "an unknown key of what is learned from apart": (
        "          task: drift_diffusion_wide #",
        "          colour: red\n          task: drift_diffusion_wide #",
        "'colour' was unexpected",
    ),
    "an epidemic without series": (
        "  tasks: [epidemic_corrected]",
        "  tasks: [two_moons_wide]",
        "each of epidemic.tasks needs series, of a simulator with x_serial and log_steps",
    ),
    "a series that is not there": (
        "observed: {} #",
        "observed: {mine: {file: none.csv, kind: daily}} #",
        "epidemic.observed.mine: a CSV file of counts is needed at none.csv, but it cannot be read",
    ),
    "an unknown kind of series": (
        "observed: {} #",
        "observed: {mine: {file: none.csv, kind: weekly}} #",
        "'weekly' is not one of",
    ),
    "an unknown change of the simulator": (
        "      {noise: [1, 1.5, 2, 3, 4],",
        "      {speed: [1, 1.5, 2, 3, 4],",
        "'speed' was unexpected",
    ),
    "an unknown task of the comparison": (
        "  tasks: [two_moons_wiqvist]",
        "  tasks: [slcp]",
        "simulator with exact, log_likelihood and mode, but slcp is none, or lacks one",
    ),
    "rounds that do not make up a budget": (
        "          <<: *npe\n          per_round: 1000\n",
        "          <<: *npe\n          per_round: 700\n",
        "comparison.methods.snpe_c.proper has rounds of 700 simulations, which must make up",
    ),
    "an unknown setting of a compared method": (
        "            vectorized: true # all",
        "            colour: red\n            vectorized: true # all",
        "'colour' was unexpected",
    ),
    "a compared design that there is none of": (
        "settings: {design: tuned, proposals: 20}",
        "settings: {design: tunned, proposals: 20}",
        "comparison.methods.jana.tuned needs an entry in designs, but tunned has none",
    ),
    "a setting called as published numbers are": (
        "      proper: &sampled",
        "      published: &sampled",
        "'published'",
    ),
    "claims of an unknown setting": (
        "    setting: tuned\n",
        "    setting: tunned\n",
        "comparison.claims.setting needs a setting of one of the methods, but tunned is none",
    ),
    "claims of an unknown reference": (
        "    reference: two_moons #",
        "    reference: three_moons #",
        "comparison.claims.reference needs a simulator, but there is no three_moons",
    ),
    "more exact samples judged than there are": (
        "{samples: 60, judged: 5}",
        "{samples: 60, judged: 61}",
        "comparison.floor.judged are some of floor.samples, but they are 61 of 60",
    ),
    "fewer variational steps than the least": (
        "            most: 1000\n",
        "            most: 50\n",
        "needs least to be at most most, but they are 100 and 50",
    ),
    "a variational posterior for every observation": (
        "      paper:\n        <<: *ours\n        by: snvi\n        seeds: 0\n        settings:\n"
        "          per_round: 1000",
        "      paper:\n        <<: *ours\n        by: snvi\n        seeds: 0\n        settings:\n"
        "          per_round: null",
        "None is not of type 'integer'",
    ),
    "fewer draws for shares than for distances": (
        "many: 10000 #",
        "many: 900 #",
        "comparison.many are draws, and comparison.draws at least",
    ),
    "CUDA without a GPU": ("device: auto", "device: cuda", "device: cuda needs an NVIDIA GPU"),
    "a threshold out of range": ("accurate: 0.55", "accurate: 0.3", "0.3 is less than the minimum"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_configuration_is_refused_with_the_reason(tree, forks, case):
    if case == "CUDA without a GPU" and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    old, new, reason = REFUSED[case]
    tree.edit("config.yaml", old, new)
    if "apart" in case:
        tree.edit("config.yaml", "  designs: [tuned]\n  only", "  designs: [tuned, paper]\n  only")
    done = tree.planned(forks)
    assert done.returncode != 0 and reason in done.stdout, done.stdout
    assert not (tree.path / "results").exists()


def test_another_trees_package_is_refused(tree, tmp_path):
    """Its code would run, and this tree's would be believed to have run."""
    other = tmp_path / "other"
    other.mkdir()
    done = type(tree)(other).snakemake("-n", source=tree.path / "src")
    assert done.returncode != 0 and "the package installed here must be this tree's" in done.stdout


def test_a_design_for_none_of_the_tasks_is_refused(tree):
    (tree.path / "own.yaml").write_text("benchmarks: {tasks: [gaussian_iid]}\n")
    done = tree.snakemake("-n", "--configfile", "own.yaml")
    assert done.returncode != 0 and "paper is for none of benchmarks.tasks" in done.stdout


@pytest.mark.parametrize("place", ["results", "results/laptop"])
def test_a_file_in_the_place_of_the_results_folder_is_refused(tree, place):
    (tree.path / place).parent.mkdir(exist_ok=True)
    (tree.path / place).write_text("not a folder")
    done = tree.snakemake("-n")
    assert done.returncode != 0 and "but that is a file: move it" in done.stdout
    assert (tree.path / place).read_text() == "not a folder"


def test_a_results_folder_that_cannot_be_written_to_is_refused(tree):
    results = tree.path / "results"
    results.mkdir(mode=0o555)
    if os.access(results, os.W_OK):  # root may write anywhere: ask the same question of its rule
        tree.edit("workflow/rules/checks.smk", "if not access(", "if access(")
    done = tree.snakemake("-n")
    assert done.returncode != 0 and "cannot be written to: change its permissions" in done.stdout
    assert not list(results.iterdir())

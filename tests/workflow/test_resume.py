"""A training job that is killed at some step ends, when run again, with the same weights."""

import os
import random
import signal
import subprocess
import time

import pytest
import torch

pytestmark = pytest.mark.usefixtures("kernels")
MODEL = "results/smoke/two_moons/tuned/model.pt"
OVERLAY = "scale: smoke\ndesigns: {tuned: {training: {epochs: 40, batch: 16, patience: 40}}}\n"


def weights(tree):
    return torch.load(tree.path / MODEL, weights_only=True)["state"]


def epochs_done(checkpoint):
    return torch.load(checkpoint, weights_only=True)["state"]["epoch"]


def arguments(tree):
    (tree.path / "long.yaml").write_text(OVERLAY)
    files = ("--configfile", "config.smoke.yaml", "long.yaml")
    return ("--cores", 1, *files, "--", MODEL)


def killed_while_training(tree):
    """Starts the job, kills it with all its children at some step; the epochs it had done."""
    last = tree.path / "results/smoke/checkpoints/two_moons/tuned/last.pt"
    process = subprocess.Popen(
        tree.command(*arguments(tree)),
        cwd=tree.path,
        env=tree.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wanted = random.Random(os.getpid()).randint(1, 25)
    while not last.exists() or epochs_done(last) < wanted:
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.1 * random.random())  # about an epoch's time: at some step of one
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tree.path / MODEL).exists()
    return epochs_done(last)


def run_again(tree):
    """The log of the same job after the lock of the killed one is removed."""
    assert tree.snakemake("--unlock", *arguments(tree)).returncode == 0
    done = tree.snakemake(*arguments(tree))
    assert done.returncode == 0, done.stdout
    return (tree.path / "results/smoke/logs/two_moons/tuned/train.log").read_text()


def test_kill_9_at_a_random_step_and_run_again_is_bit_equal(tree):
    epoch = killed_while_training(tree)
    assert 0 < epoch < 40
    assert f"going on after epoch {epoch}" in run_again(tree)
    resumed = weights(tree)
    (tree.path / MODEL).unlink()
    assert "going on" not in run_again(tree)  # a finished run leaves nothing to go on from
    whole = weights(tree)
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_a_checkpoint_of_other_settings_is_not_gone_on_from(tree):
    killed_while_training(tree)
    tree.edit("config.yaml", "rate: 0.003", "rate: 0.004")
    log = run_again(tree)
    assert "starting anew" in log and "epoch 1/40" in log

"""The same draws in R: bridgesampling's estimate of evidence, and loo's of predictive densities.

Runs where R has both packages (Debian: r-cran-bridgesampling, r-cran-loo).
"""

import csv
import math
import shutil
import subprocess

import numpy as np
import pytest
import torch

from jana.evidence import bridge, elpd

BRIDGE = """
suppressMessages(library(bridgesampling))
draws <- as.matrix(read.csv("draws.csv"))
log_density <- function(theta, data) {{ {density} }}
low <- rep(-Inf, ncol(draws)); high <- rep(Inf, ncol(draws))
names(low) <- names(high) <- colnames(draws)
set.seed(1)
found <- bridge_sampler(samples = draws, log_posterior = log_density, data = NULL, lb = low,
                        ub = high, method = "{method}", silent = TRUE, use_neff = FALSE)
cat(found$logml)
"""
SCHEME = """
suppressMessages(library(bridgesampling))
ratios <- as.matrix(read.csv("draws.csv"))
rows <- nrow(ratios)
found <- bridgesampling:::.run.iterative.scheme(
  q11 = ratios[, 1], q12 = rep(0, rows), q21 = ratios[, 2], q22 = rep(0, rows), r0 = 0.5,
  tol = 1e-12, L = diag(1), method = "normal", maxiter = 1000, silent = TRUE,
  criterion = "r", neff = {ess})
cat(found$logml)
"""
LOO = """
suppressMessages(library(loo))
log_lik <- as.matrix(read.csv("draws.csv"))
found <- suppressWarnings(loo(log_lik, r_eff = rep(1, ncol(log_lik))))
cat(found$pointwise[, "elpd_loo"], found$diagnostics$pareto_k)
"""
TARGETS = {
    # 5 dimensions, independent, of different widths
    "normal": (
        "sum(dnorm(theta, 0, 1:5, log = TRUE))",
        lambda at: (
            sum(-0.5 * (at[:, i] / (i + 1)) ** 2 for i in range(5))
            - math.log(120)
            - 2.5 * math.log(2 * math.pi)
        ),
        lambda rng, n: rng.normal(size=(n, 5)) * np.arange(1, 6),
    ),
    # the log of two exponential variables
    "skewed": (
        "sum(theta - exp(theta))",
        lambda at: (at - np.exp(at)).sum(-1),
        lambda rng, n: np.log(rng.exponential(size=(n, 2))),
    ),
}


def asked(script, values, folder):
    """What R prints, given an array as draws.csv."""
    if shutil.which("Rscript") is None:
        pytest.skip("needs R with bridgesampling and loo")
    with open(folder / "draws.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"p{i}" for i in range(values.shape[1])])
        writer.writerows(values.tolist())
    done = subprocess.run(["Rscript", "-e", script], cwd=folder, capture_output=True, text=True)
    if "there is no package called" in done.stderr:
        pytest.skip("needs R's bridgesampling and loo")
    assert done.returncode == 0, done.stderr
    return np.array([float(word) for word in done.stdout.split()])


@pytest.mark.heavy
@pytest.mark.parametrize("method", ["normal", "warp3"])
@pytest.mark.parametrize("name", TARGETS)
def test_the_bridge_is_that_of_bridgesampling(name, method, tmp_path):
    density, log_density, draw = TARGETS[name]
    draws = draw(np.random.default_rng(1), 20_000)
    (theirs,) = asked(BRIDGE.format(density=density, method=method), draws, tmp_path)
    ours = bridge.estimate(draws[None], log_density, seed=1, proposal=method)
    # The draws are the same, those of the proposals are not.
    assert abs(ours.value - theirs) < 0.01
    assert ours.error < 0.005


@pytest.mark.heavy
def test_of_the_same_draws_and_proposals_the_bridge_is_the_same_to_the_last_digits(tmp_path):
    """Draws of a normal density and of its proposal, a wider one elsewhere."""
    rng = np.random.default_rng(3)

    def ratio(at):
        return 3 - 0.5 * at**2 + 0.5 * ((at - 0.5) / 1.5) ** 2 + math.log(1.5)

    ratios = bridge.Ratios(ratio(rng.normal(size=(4, 500))), ratio(rng.normal(0.5, 1.5, 2000)))
    ours = bridge.bridged(ratios)
    values = np.stack([ratios.posterior.reshape(-1), ratios.proposal], 1)
    (theirs,) = asked(SCHEME.format(ess=ours.ess), values, tmp_path)
    assert abs(ours.value - theirs) < 1e-5
    assert abs(ours.value - 3) < 4 * ours.error


@pytest.mark.heavy
def test_leave_one_out_is_that_of_loo(tmp_path):
    """20 normal observations, one of them an outlier; draws of the mean and the log sd."""
    rng = np.random.default_rng(2)
    y = np.append(rng.normal(size=19), 5.0)
    mean = y.mean() + rng.normal(size=4000) * y.std() / math.sqrt(20)
    sd = y.std() * np.exp(rng.normal(size=4000) / math.sqrt(40))
    z = (y - mean[:, None]) / sd[:, None]
    log_lik = -0.5 * z**2 - np.log(sd)[:, None] - 0.5 * math.log(2 * math.pi)
    theirs = asked(LOO, log_lik, tmp_path)
    ours = elpd.psis(torch.from_numpy(log_lik))
    gap = np.abs(ours.pointwise.numpy() - theirs[:20])
    assert (gap[theirs[20:] <= 0.7] < 2e-3).all()
    assert (gap < 0.1 * ours.error.numpy() + 2e-3).all()  # of the outlier too: a fitted tail
    known = np.isfinite(ours.khat.numpy())  # ours has no tail where weights are all but equal
    np.testing.assert_allclose(ours.khat.numpy()[known], theirs[20:][known], atol=0.05)

"""Densities and trials of rtdists, which the paper simulated with (Debian: r-cran-rtdists)."""

import csv
import shutil
import subprocess

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from jana.rng import generator
from jana.simulators import passage, responses, wiener
from jana.simulators.drift_diffusion import simulator

DENSITY = """
suppressMessages(library(rtdists))
d <- read.csv("rows.csv")
found <- mapply(function(y, v, a, t0, w)
  ddiffusion(abs(y), if (y > 0) "upper" else "lower", a = a, v = v, t0 = t0, z = w * a,
             precision = 5), d$y, d$v, d$a, d$t0, d$w)
cat(format(found, digits = 17))
"""
TRIALS = """
suppressMessages(library(rtdists))
d <- read.csv("rows.csv")
set.seed(1)
for (i in seq_len(nrow(d))) {
  one <- rdiffusion(5000, a = d$a[i], v = d$v[i], t0 = d$t0[i], z = d$w[i] * d$a[i], precision = 5)
  cat(one$rt * ifelse(one$response == "upper", 1, -1), "")
}
"""
pytestmark = pytest.mark.heavy


def asked(script, columns, folder):
    """What R prints, given columns as rows.csv."""
    if shutil.which("Rscript") is None:
        pytest.skip("needs R with rtdists")
    with open(folder / "rows.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(list(columns))
        writer.writerows(zip(*(part.tolist() for part in columns.values()), strict=True))
    done = subprocess.run(["Rscript", "-e", script], cwd=folder, capture_output=True, text=True)
    if "there is no package called" in done.stderr:
        pytest.skip("needs R's rtdists")
    assert done.returncode == 0, done.stderr
    return np.array([float(word) for word in done.stdout.split()])


def named(theta):
    return dict(zip(("v", "a", "t0", "w"), theta.double().unbind(-1), strict=True))


def test_the_density_is_that_of_rtdists(tmp_path):
    """At 500 trials of 500 parameters of the prior: to the digits that rtdists states."""
    theta = simulator.prior.sample(generator(1), 500)
    y = responses.simulate(generator(2), theta)[:, 0, 0].double()
    ours = wiener.log_density(y, *theta.double().unbind(-1)).exp().numpy()
    theirs = asked(DENSITY, {"y": y} | named(theta), tmp_path)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_trials_are_distributed_as_those_of_rtdists(tmp_path):
    """5,000 of both at 10 parameters, at a level of 0.01 for all together."""
    theta = simulator.prior.sample(generator(3), 10)
    theirs = asked(TRIALS, named(theta), tmp_path).reshape(10, 5000)
    ours = passage.sample(generator(4), *theta.unbind(-1), 5000).numpy()
    found = [ks_2samp(*pair).pvalue for pair in zip(ours, theirs, strict=True)]
    assert min(found) > 0.01 / 10, torch.tensor(found)

"""SBC of reference fits: exact ones pass beside ours, narrow ones do not, failures are NaN."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from tidy import value

from jana import simulators
from jana.judge import reference_sbc
from jana.judge.reference import FAILED
from jana.rng import generator
from jana.stan.job import Job
from jana.stan.nuts import Settings
from jana.stan.reference import PROGRAMS

TASK, SETS, L = simulators.get("gaussian_iid"), 120, 99
LABELS = {"experiment": "diffusion", "task": "t", "design": "tuned", "budget": 9}


class Fits(Job):
    """Fits whose draws count up, chain after chain; or that fail, of three."""

    def model(self, x):
        return None

    def fit(self, model, x, starts, seed):
        if self.settings.chains > 2:
            raise RuntimeError("nowhere to start")
        theta = np.arange(40.0).reshape(2, 20, 1).repeat(2, axis=2)
        return SimpleNamespace(theta=theta, status="R-hat")


def fits(chains=2):
    return Fits(PROGRAMS["gaussian_iid"], Path("none"), Settings(chains=chains), 5, "test")


def test_draws_are_taken_evenly_from_all_chains_whatever_the_gate_says():
    draws, status = reference_sbc.fitted(fits(), TASK, torch.zeros(3, 1), 0, 14)
    assert draws[:, 0].tolist() == list(range(0, 40, 3)) and status == "R-hat"


def test_a_fit_that_fails_is_nan_and_said(capsys):
    draws, status = reference_sbc.fitted(fits(chains=3), TASK, torch.zeros(3, 1), 4, 10)
    assert draws.shape == (10, 2) and np.isnan(draws).all() and status == FAILED
    assert "data set 4 could not be fitted: nowhere to start" in capsys.readouterr().out


@pytest.fixture(scope="module")
def found():
    """Exact draws, then draws half as wide, of the same data sets."""
    rng = generator(3)
    theta, x = TASK.draw(rng, SETS)
    exact = TASK.exact.sample(rng, x, L)
    centre = exact.mean(1, keepdim=True)
    near = TASK.prior.sample(rng, SETS)
    each = [exact, centre + 0.5 * (exact - centre)]
    each = [reference_sbc.exactly(TASK, theta, x, draws, near) for draws in each]
    return reference_sbc.beside(generator(4), theta, each, 0.95)


def test_exact_answers_pass_and_narrow_ones_are_flagged(found):
    """Seeded; of exact answers one in a hundred seeds would fail."""
    assert found.curves.shape == (2, 5, L) and found.p_values.shape == (2, 5)
    assert float(found.p_values[0].min()) > 0.01
    assert float(found.p_values[1].max(0).values.min()) < 1e-3


def test_scores_are_the_models_own(found):
    theta, x = TASK.draw(generator(8), 3)
    answers = reference_sbc.exactly(TASK, theta, x, theta[:, None], theta)
    torch.testing.assert_close(answers.scores[:, 0], answers.truth)
    torch.testing.assert_close(answers.truth[:, 0], TASK.log_likelihood(theta.double(), x.double()))


def test_rows_are_of_the_reference_and_of_each_seed(found):
    rows = reference_sbc.rows(LABELS, found, ["m", "v"], ["ok", "R-hat", "ok", "ok"], SETS)
    assert value(rows, metric="fit_ok", method="stan") == 0.75
    table = pd.DataFrame(rows)
    p = table[table.metric == "sbc_pvalue"]
    assert p.groupby("method").quantity.nunique().to_dict() == {"jana": 5, "stan": 5}
    assert (p.setting == "SBC on 120 data sets").all()
    assert p[p.method == "stan"].design.isna().all() and p[p.method == "jana"].seed.eq(0).all()

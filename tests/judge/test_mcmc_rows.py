"""Rows of chains on the likelihood network: by hand, and against draws that are known."""

import math

import pytest
import torch
from tidy import LABELS, select, value

from jana.evidence.predictive import Predictive
from jana.inference.pairings import Fitted
from jana.judge import mcmc
from jana.judge.pairings import References
from jana.rng import generator


def chains(shift=0.0):
    """One seed, two data sets, four chains of 200 independent draws of two parameters."""
    draws = torch.randn(1, 2, 4, 200, 2, generator=generator(1), dtype=torch.float64)
    draws[0, 1, 0] += shift
    flags = torch.zeros(1, 2, 4, 200, dtype=torch.bool)
    flags[0, 1, 2, :3] = True
    numbers = torch.full((1, 2, 4, 200), 0.9)
    return {"draws": draws, "diverged": flags, "accept": numbers, "seconds": torch.tensor(7.0)}


def references(draws):
    nothing = torch.full((2,), math.nan).double()
    fitted = {index: Fitted(part, 4, (0.0, 0.0)) for index, part in draws.items()}
    estimate = Predictive(nothing, nothing)
    return References(fitted, estimate, estimate, nothing[:, None])


def test_chains_that_agree_say_so_and_others_do_not():
    rows = mcmc.rows(LABELS, chains(shift=1.0))
    assert {row["method"] for row in rows} == {"jana_mcmc"}
    assert value(rows, metric="fit_rhat", observation=0) < 1.01
    assert value(rows, metric="fit_rhat", observation=1) > 1.05
    assert value(rows, metric="fit_ess", observation=0) > 500
    assert value(rows, metric="fit_divergences", observation=1, seed=0) == 3
    assert value(rows, metric="fit_accept", observation=0) == pytest.approx(0.9)
    assert value(rows, metric="draw_seconds") == 7.0


def test_c2st_is_of_data_sets_with_a_fit_and_of_as_many_draws():
    found = chains()["draws"]
    other = torch.randn(900, 2, generator=generator(2), dtype=torch.float64)
    rows = mcmc.c2st_rows(LABELS, found, references({1: other + 3}), 500)
    assert [row["observation"] for row in rows] == [1] and rows[0]["draws"] == 500
    assert rows[0]["value"] > 0.9
    near = mcmc.c2st_rows(LABELS, found, references({0: other, 1: other + 3}), 5000)
    assert select(near, observation=0)[0]["draws"] == 800
    assert abs(value(near, observation=0, metric="c2st") - 0.5) < 0.06  # 5 errors of 1,600 draws
    assert mcmc.c2st_rows(LABELS, found, None, 500) == []

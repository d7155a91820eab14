"""Simultaneous bands: their level, their shape, and what they must flag."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import binom

from jana.diagnostics import ecdf
from jana.rng import generator

N, L = 500, 49


@pytest.fixture(scope="module")
def null():
    return ecdf.null_extremes(generator(1), N, L)


def test_counts_by_hand():
    ranks = torch.tensor([[0], [0], [1], [3]])
    assert ecdf.counts_below(ranks, 3).tolist() == [[2, 3, 3]]
    assert ecdf.ecdf(ranks, 3).tolist() == [[0.5, 0.75, 0.75]]
    assert ecdf.grid(3).tolist() == [0.25, 0.5, 0.75]


def test_extremes_are_binomial_tails_by_hand():
    """4 ranks of 0 ... 1 (one draw): 4 of 4 below 1 has probability 1/16, twice that two-sided."""
    assert float(ecdf.extremes(torch.tensor([[4]]), 4)) == pytest.approx(2 / 16)


def test_tails_and_edges_are_scipys(null):
    band, points = ecdf.band(null, N, L, 0.9), ecdf.grid(L).numpy()
    lower = binom.ppf(float(null.quantile(0.1)) / 2, N, points)
    assert (band.lower * N).round().tolist() == lower.tolist()
    assert ((1 - band.upper) * N).round().tolist() == lower[::-1].tolist()
    counts = np.arange(N + 1)[:, None]
    sides = binom.cdf(counts, N, points), binom.sf(counts - 1, N, points)
    expected = torch.from_numpy(2 * np.minimum(*sides)).clamp(max=1)
    torch.testing.assert_close(ecdf._tails(N, L), expected, rtol=1e-9, atol=1e-100)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_uniform_ranks_stay_within_the_band_as_often_as_stated(null, level):
    """1,000 fresh studies; 4 standard errors of the share, and 0.01 for the simulated band."""
    band = ecdf.band(null, N, L, level)
    ranks = torch.randint(L + 1, (N, 1000), generator=generator(2))
    found = ecdf.ecdf(ranks, L)
    inside = ((found >= band.lower) & (found <= band.upper)).all(1).double().mean()
    assert abs(float(inside) - level) < 4 * math.sqrt(level * (1 - level) / 1000) + 0.01


def test_p_values_are_uniform_for_uniform_ranks(null):
    ranks = torch.randint(L + 1, (N, 1000), generator=generator(3))
    p = ecdf.p_values(ecdf.extremes(ecdf.counts_below(ranks, L), N), null)
    for share in (0.05, 0.2, 0.5):
        found = float((p <= share).double().mean())
        assert abs(found - share) < 4 * math.sqrt(share * (1 - share) / 1000) + 0.01


def test_the_band_is_wider_than_a_pointwise_one(null):
    band, points = ecdf.band(null, N, L, 0.95), ecdf.grid(L).numpy()
    pointwise = binom.ppf(0.975, N, points) / N
    assert (band.upper.numpy() >= pointwise).all()
    assert band.upper.numpy()[L // 2] > pointwise[L // 2]


def test_more_quantities_widen_the_band(null):
    one, ten = (ecdf.band(null, N, L, 1 - 0.05 / q) for q in (1, 10))
    assert (ten.upper >= one.upper).all() and (ten.lower <= one.lower).all()


def test_the_published_half_width_for_1000_sets():
    """About 0.05 at the middle for N = 1,000 (arXiv:2302.09125, appendix)."""
    null = ecdf.null_extremes(generator(4), 1000, 250)
    band = ecdf.band(null, 1000, 250, 0.95)
    assert float(band.upper[125] - 0.5) == pytest.approx(0.05, abs=0.004)


def test_a_shift_is_outside(null):
    ranks = torch.randint(L + 1, (N, 1), generator=generator(5)).add(4).clamp(max=L)
    p = ecdf.p_values(ecdf.extremes(ecdf.counts_below(ranks, L), N), null)
    assert float(p) < 1e-3


def test_holm_by_hand():
    p = torch.tensor([0.04, 0.01, 0.03], dtype=torch.float64)
    assert ecdf.holm(p).tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert ecdf.holm(torch.tensor([0.9, 0.8], dtype=torch.float64)).tolist() == [1.0, 1.0]

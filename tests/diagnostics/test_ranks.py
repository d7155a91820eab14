"""Ranks are uniform for exact posteriors, and only for those."""

import pytest
import torch

from jana.diagnostics import ecdf
from jana.diagnostics.ranks import ranks, tied_ranks
from jana.rng import generator

B, L = 1000, 99


def p_value(seed, shift=0.0, scale=1.0):
    """Of posterior draws for x ~ N(theta, 1), theta ~ N(0, 1): theta | x ~ N(x / 2, 1 / 2)."""
    rng = generator(seed)
    truth = torch.randn(B, 1, generator=rng)
    x = truth + torch.randn(B, 1, generator=rng)
    noise = torch.randn(B, L, 1, generator=rng)
    draws = x[:, None] / 2 + shift + scale * 0.5**0.5 * noise
    counts = ecdf.counts_below(ranks(truth, draws), L)
    null = ecdf.null_extremes(generator(99), B, L)
    return float(ecdf.p_values(ecdf.extremes(counts, B), null))


def test_ranks_count_the_draws_below():
    draws = torch.tensor([[-2.0, -1.0, 1.0]]).reshape(1, 3, 1)
    assert ranks(torch.zeros(1, 1), draws).tolist() == [[2]]


def test_nan_draws_are_refused():
    draws = torch.zeros(2, 3, 1)
    draws[1, 2] = float("nan")
    with pytest.raises(ValueError, match="NaN"):
        ranks(torch.zeros(2, 1), draws)


def test_exact_posteriors_pass():
    """False alarm: 1 in 100, once for this seed."""
    assert p_value(0) > 0.01


def test_narrow_posteriors_fail():
    assert p_value(0, scale=0.8) < 0.001


def test_wide_posteriors_fail():
    assert p_value(0, scale=1.25) < 0.001


def test_biased_posteriors_fail():
    assert p_value(0, shift=0.2) < 0.001


def test_ranks_of_ties_are_uniform():
    """All values alike: the share of each of 10 ranks in 20,000 (4 standard errors)."""
    found = tied_ranks(generator(3), torch.zeros(20_000, 1), torch.zeros(20_000, 9, 1))
    shares = torch.bincount(found.flatten(), minlength=10) / 20_000
    assert len(shares) == 10 and ((shares - 0.1).abs() < 4 * 0.0021).all()


def test_without_ties_tied_ranks_are_ranks(rng):
    truth, draws = torch.randn(50, 2, generator=rng), torch.randn(50, 19, 2, generator=rng)
    assert torch.equal(tied_ranks(rng, truth, draws), ranks(truth, draws))


def test_a_tie_leaves_only_what_lies_between():
    draws = torch.tensor([[[1.0], [2.0], [2.0], [3.0]]])
    seen = {int(tied_ranks(generator(s), torch.tensor([[2.0]]), draws)) for s in range(50)}
    assert seen == {1, 2, 3}

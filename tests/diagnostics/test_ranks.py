"""Ranks are uniform for exact posteriors, and only for those."""

import pytest
import torch

from jana.diagnostics import ecdf
from jana.diagnostics.ranks import ranks, tied_ranks, weighted_ranks
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


def weighted_p_value(seed, scale, weigh=True):
    """The same posterior by draws of one that is `scale` as wide, and weights."""
    rng = generator(seed)
    truth = torch.randn(B, 1, generator=rng)
    x = truth + torch.randn(B, 1, generator=rng)
    sd = 0.5**0.5
    draws = x[:, None] / 2 + scale * sd * torch.randn(B, L, 1, generator=rng)
    z = (torch.cat([truth[:, None], draws], 1) - x[:, None] / 2)[..., 0] / sd
    log_weights = -0.5 * z.square() * (1 - 1 / scale**2) if weigh else torch.zeros_like(z)
    found = weighted_ranks(rng, truth, draws, log_weights.double() + 700)
    null = ecdf.null_extremes(generator(99), B, L)
    return float(ecdf.p_values(ecdf.extremes(ecdf.counts_below(found, L), B), null))


@pytest.mark.parametrize("scale", [0.7, 1.4, 4.0])
def test_weights_make_ranks_of_wrong_draws_uniform(scale):
    """Even where draws are worth a quarter of their number. False alarm: 1 in 100, for seeds."""
    assert weighted_p_value(5, scale) > 0.01
    assert weighted_p_value(5, scale, weigh=False) < 0.001


def test_weighted_ranks_of_exact_weights_are_below_five_percent_once_in_twenty():
    """Of 200 runs the count is within 2 and 22 (binomial, 1 in 1,000 at either end)."""
    assert 2 <= sum(weighted_p_value(seed, 1.4) <= 0.05 for seed in range(100, 300)) <= 22


def test_wrong_weights_are_flagged():
    """Weights that make the posterior half as wide again as it is."""
    rng = generator(6)
    truth = torch.randn(B, 1, generator=rng)
    x = truth + torch.randn(B, 1, generator=rng)
    draws = x[:, None] / 2 + 2 * 0.5**0.5 * torch.randn(B, L, 1, generator=rng)
    points = torch.cat([truth[:, None], draws], 1)[..., 0] - x / 2
    log_weights = -points.square() / 1.5**2 + points.square() / 2**2
    found = weighted_ranks(rng, truth, draws, log_weights)
    null = ecdf.null_extremes(generator(99), B, L)
    assert float(ecdf.p_values(ecdf.extremes(ecdf.counts_below(found, L), B), null)) < 0.001


def test_equal_weights_give_the_ranks_of_ties():
    rng = generator(7)
    truth, draws = (torch.randint(5, size, generator=rng).float() for size in ((9, 2), (9, 6, 2)))
    found = weighted_ranks(generator(8), truth, draws, torch.full((9, 7), -3.0))
    assert torch.equal(found, tied_ranks(generator(8), truth, draws))


def test_points_without_weight_do_not_count():
    """Two of four draws have none; the truth has half of what is left, one draw below it the rest.

    The rank is then drawn from the upper half of 0 to 4.
    """
    draws = torch.tensor([-3.0, -1.0, 1.0, 2.0]).reshape(1, 4, 1).expand(2000, 4, 1)
    weights = torch.tensor([[0.0, -torch.inf, 0.0, -torch.inf, -torch.inf]]).expand(2000, 5)
    found = weighted_ranks(generator(9), torch.zeros(2000, 1), draws, weights)
    shares = torch.bincount(found.flatten(), minlength=5) / 2000
    assert shares.tolist() == pytest.approx([0, 0, 0.2, 0.4, 0.4], abs=4 * 0.011)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_weights_that_are_none_are_refused(bad):
    weights = torch.full((2, 4), -torch.inf)
    weights[0] = 0.0
    if bad is not None:
        weights[1, 2] = bad
    with pytest.raises(ValueError, match="finite log weights"):
        weighted_ranks(generator(0), torch.zeros(2, 1), torch.ones(2, 3, 1), weights)

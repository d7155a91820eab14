"""TARP ranks are uniform for exact posteriors, and what reference points can and cannot see."""

import math

import pytest
import torch

from jana.diagnostics import ecdf, tarp
from jana.rng import generator

B, L, D, POOL = 1000, 99, 3, 4000
NULL = ecdf.null_extremes(generator(99), B, L)


def study(seed):
    """x ~ N(theta, I), theta ~ N(0, I): truths, data, a pool of other pairs, standard noise."""
    rng = generator(seed)
    theta = torch.randn(B + POOL, D, generator=rng)
    x = theta + torch.randn(B + POOL, D, generator=rng)
    noise = torch.randn(B, L, D, generator=rng)
    return theta[:B], x[:B], theta[B:], x[B:], noise


def p_value(ranks):
    return float(ecdf.p_values(ecdf.extremes(ecdf.counts_below(ranks, L), B), NULL))


def exact(x, noise, shift=0.0, scale=1.0):
    return x[:, None] / 2 + shift + scale * 0.5**0.5 * noise


@pytest.fixture(params=["random", "neighbours"])
def points(request):
    """Reference points: of other data sets at random, or of the nearest."""

    def chosen(x, other_theta, other_x):
        rows = tarp.neighbours(x, other_x) if request.param == "neighbours" else slice(B)
        return other_theta[rows]

    return chosen


def p_of(points, **wrong):
    truth, x, other_theta, other_x, noise = study(0)
    return p_value(tarp.ranks(truth, exact(x, noise, **wrong), points(x, other_theta, other_x)))


def test_ranks_by_hand():
    """Truths spread by sd (1, 10): of the draws, (2, 0) is farther from 0 than (1, 10), by 2."""
    truth = 2**-0.5 * torch.tensor([[1.0, 10.0], [-1.0, -10.0]])
    draws = 2**-0.5 * torch.tensor([[[2.0, 0.0], [0.0, 11.0], [1.3, 0.0]]]).expand(2, 3, 2)
    found = tarp.ranks(truth, draws, torch.zeros(2, 2))
    assert found.tolist() == [[2], [2]]


def test_exact_posteriors_pass(points):
    """False alarm: 1 in 100, once for this seed."""
    assert p_of(points) > 0.01


def test_the_false_alarm_rate_is_as_stated():
    """60 studies at level 0.2: within 4 binomial standard errors."""
    found = []
    for seed in range(60):
        truth, x, other_theta, other_x, noise = study(100 + seed)
        nearest = other_theta[tarp.neighbours(x, other_x)]
        found.append(p_value(tarp.ranks(truth, exact(x, noise), nearest)) <= 0.2)
    assert abs(sum(found) / 60 - 0.2) < 4 * math.sqrt(0.2 * 0.8 / 60)


def test_narrow_posteriors_fail(points):
    assert p_of(points, scale=0.8) < 0.001


def test_wide_posteriors_fail(points):
    assert p_of(points, scale=1.25) < 0.001


def test_biased_posteriors_fail(points):
    assert p_of(points, shift=0.5) < 0.001


def test_the_prior_as_posterior_fails_with_neighbours():
    truth, x, other_theta, other_x, noise = study(0)
    ranks = tarp.ranks(truth, noise, other_theta[tarp.neighbours(x, other_x)])
    assert p_value(ranks) < 0.001 and float(ranks.double().mean()) < 0.4 * L


def test_the_prior_as_posterior_passes_with_random_points():
    """The known blind spot: points that ignore the data do not see that draws do, too."""
    truth, _, other_theta, _, noise = study(0)
    assert p_value(tarp.ranks(truth, noise, other_theta[:B])) > 0.01


def test_neighbours_are_the_nearest_of_standardised_data(rng):
    """Across chunks, against all distances; one coordinate in other units, one constant."""
    units = torch.tensor([1e4, 1.0, 0.0])[:, None]
    x, pool = (5 + units * torch.randn(n, 3, 2, generator=rng) for n in (300, 400))
    mean, sd = pool[:, :2].mean(0), pool[:, :2].std(0)
    flat = [((part[:, :2] - mean) / sd).flatten(1) for part in (x, pool)]
    assert torch.equal(tarp.neighbours(x, pool), torch.cdist(*flat).argmin(1))


def test_nan_is_refused():
    points = torch.randn(3, 4, 2, generator=generator(1))
    bad = points.clone()
    bad[0, 1, 1] = math.nan
    for truth, draws, reference in ((bad, points, points), (points, bad, points)):
        with pytest.raises(ValueError, match="NaN"):
            tarp.ranks(truth[0], draws[:1].expand(4, 4, 2), reference[1])
    with pytest.raises(ValueError, match="NaN"):
        tarp.ranks(points[1], points[:1].expand(4, 4, 2), bad[0])
    with pytest.raises(ValueError, match="finite data"):
        tarp.neighbours(points[0], bad[0])


def test_a_constant_parameter_is_refused():
    truth = torch.tensor([[1.0, 2.0], [1.0, 3.0]])
    with pytest.raises(ValueError, match="none over 2 data sets"):
        tarp.ranks(truth, torch.zeros(2, 5, 2), torch.zeros(2, 2))


def test_the_truth_as_its_own_reference_is_refused(rng):
    """What a pool that holds the data set itself would give."""
    truth, draws = torch.randn(4, 2, generator=rng), torch.randn(4, 5, 2, generator=rng)
    reference = torch.randn(4, 2, generator=rng)
    reference[2] = truth[2]
    with pytest.raises(ValueError, match="out of the pool"):
        tarp.ranks(truth, draws, reference)

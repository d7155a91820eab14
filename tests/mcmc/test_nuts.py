"""Chains against targets whose moments are known; invariance; what must be refused or flagged."""

import math
from dataclasses import replace

import pytest
import torch
from scipy import stats

from jana.mcmc.adaptation import Metric, measured, windows
from jana.mcmc.nuts import Settings, sample
from jana.rng import generator

SETS, DIM = 6, 3


def rngs(many=SETS):
    return [generator(100 + at) for at in range(many)]


@pytest.fixture(scope="module")
def gaussians():
    """Means, covariances and the density of correlated normals, one of each target."""
    rng = generator(1)
    mean = 5 * torch.randn(SETS, DIM, generator=rng, dtype=torch.float64)
    root = torch.randn(SETS, DIM, DIM, generator=rng, dtype=torch.float64)
    cov = root @ root.mT + 0.1 * torch.eye(DIM)
    precision = torch.linalg.inv(cov)

    def density(u, which):
        off = u - mean[which]
        return -0.5 * ((precision[which] * off[:, None]).sum(-1) * off).sum(-1)

    return mean, cov, density


def unscaled(sets=SETS, dim=DIM):
    """What is said of a target that nothing is known of."""
    zero = torch.zeros(sets, dim, dtype=torch.float64)
    return Metric(zero, torch.eye(dim, dtype=torch.float64).expand(sets, dim, dim))


@pytest.fixture(scope="module")
def run(gaussians):
    starts = torch.randn(SETS, 30, DIM, generator=generator(2), dtype=torch.float64)
    starts = gaussians[0][:, None] + starts
    settings = Settings(chains=30, warmup=70, draws=60, depth=6)
    return sample(rngs(), gaussians[2], starts, unscaled(), settings)


def test_means_and_covariances_are_the_targets(gaussians, run):
    """18 means and 36 covariances, within 5 errors of 1,200 draws: less than is there."""
    mean, cov, _ = gaussians
    sd = cov.diagonal(dim1=1, dim2=2).sqrt()
    assert (((run.draws.mean((1, 2)) - mean) / sd).abs() < 5 / math.sqrt(1200)).all()
    flat = run.draws.flatten(1, 2) - mean[:, None]
    found = flat.mT @ flat / flat.shape[1]
    off = (found - cov) / (sd[:, :, None] * sd[:, None])
    assert (off.abs() < 5 * math.sqrt(2 / 1200)).all()
    assert not run.diverged.any()


def test_scales_are_learned(gaussians, run):
    """So that steps are those of a standard normal target, from whatever they began with."""
    _, cov, _ = gaussians
    scaled = torch.linalg.solve_triangular(run.metric.root, torch.linalg.cholesky(cov), upper=False)
    near = scaled @ scaled.mT - torch.eye(DIM)
    assert near.abs().max() < 0.5
    assert ((run.step > 0.5) & (run.step < 1.6)).all() and run.steps.double().mean() < 8


def test_the_acceptance_is_what_was_asked_for(run):
    assert 0.75 < run.accept.mean() < 0.95


def test_exact_draws_stay_exact(gaussians):
    """A transition leaves the target as it is: from exact starts, every later draw is exact.

    400 targets that are alike, of one chain each. False alarm: 1 in 10,000 for each of 3 tests.
    """
    mean, cov, _ = gaussians
    many, root = 400, torch.linalg.cholesky(cov[0])
    precision = torch.linalg.inv(cov[0])

    def density(u, which):
        off = u - mean[0]
        return -0.5 * ((off @ precision) * off).sum(-1)

    starts = mean[0] + torch.randn(many, 1, DIM, generator=generator(3)).double() @ root.T
    metric = Metric(mean[:1].expand(many, DIM), torch.eye(DIM).double().expand(many, DIM, DIM))
    settings = Settings(chains=1, warmup=20, draws=3, rows=many)
    draws = sample(rngs(many), density, starts, metric, settings).draws[:, 0, -1]
    z = torch.linalg.solve_triangular(root, (draws - mean[0]).T, upper=False)
    for coordinate in z:
        assert stats.kstest(coordinate.numpy(), "norm").pvalue > 1e-4


def test_a_bounded_and_skew_target_has_its_quantiles():
    """log of a Gamma(2) variable: a light tail above, a heavy one below."""
    starts = torch.zeros(2, 40, 1, dtype=torch.float64)

    def density(u, which):
        return (2 * u - u.exp())[:, 0]

    settings = Settings(chains=40, warmup=40, draws=60)
    found = sample(rngs(2), density, starts, unscaled(2, 1), settings)
    for draws in found.draws.exp().flatten(1):
        for p in (0.1, 0.5, 0.9):
            below = float((draws < stats.gamma(2).ppf(p)).double().mean())
            assert abs(below - p) < 5 * math.sqrt(p * (1 - p) / 1000)


def test_a_funnel_diverges_and_says_so():
    """Neal's: the neck is too narrow for the steps of the mouth."""

    def density(u, which):
        v, rest = u[:, 0], u[:, 1:]
        return -(v**2) / 18 - 4.5 * v - 0.5 * (rest.square() * (-v)[:, None].exp()).sum(-1)

    starts = torch.zeros(1, 40, 10, dtype=torch.float64)
    settings = Settings(chains=40, warmup=40, draws=40, depth=5)
    found = sample(rngs(1), density, starts, unscaled(1, 10), settings)
    assert found.diverged.any()


def test_a_wall_of_nan_is_never_crossed_and_flagged(gaussians):
    def density(u, which):
        return torch.where(u[:, 0] < 0.5, -0.5 * u.square().sum(-1), math.nan)

    starts = torch.zeros(1, 40, 2, dtype=torch.float64)
    settings = Settings(chains=40, warmup=20, draws=10, depth=5)
    found = sample(rngs(1), density, starts, unscaled(1, 2), settings)
    assert (found.draws[..., 0] < 0.5).all() and found.diverged.any()
    assert found.draws.isfinite().all()


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_a_start_without_a_density_is_refused(value):
    def density(u, which):
        return torch.where(which == 1, value, -0.5 * u.square().sum(-1))

    starts = torch.zeros(2, 4, 2, dtype=torch.float64)
    with pytest.raises(ValueError, match="4 of 8 do not, first chain 0 of data set 1"):
        sample(rngs(2), density, starts, unscaled(2, 2), Settings(draws=2))


def test_draws_depend_on_their_own_generator_and_target_alone(gaussians):
    """Not on what stands beside them, nor, but for rounding, on how many advance at once."""
    mean, _, density = gaussians
    starts = mean[:, None] + torch.randn(SETS, 2, DIM, generator=generator(2), dtype=torch.float64)
    settings = Settings(chains=2, warmup=20, draws=6, depth=5)
    whole = sample(rngs(), density, starts, unscaled(), settings)
    again = sample(rngs(), density, starts, unscaled(), replace(settings, rows=4))
    fewer = sample(rngs()[:2], density, starts[:2], unscaled(2), settings)
    other = sample([generator(9), *rngs()[1:]], density, starts, unscaled(), settings)
    for one, same in ((whole, again), (fewer, whole), (other, whole)):
        ours, theirs = one.draws[1:], same.draws[1 : len(one.draws)]
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)
    assert (whole.draws[0] - other.draws[0]).abs().min() > 1e-3


def test_trees_end_at_their_greatest_depth(gaussians):
    _, _, density = gaussians
    starts = torch.zeros(SETS, 2, DIM, dtype=torch.float64)
    found = sample(rngs(), density, starts, unscaled(), Settings(2, 20, 10, depth=2))
    assert found.steps.max() == 3


@pytest.mark.parametrize("wrong", [{"warmup": 5}, {"draws": 0}, {"accept": 1.0}, {"depth": 0}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="NUTS needs 20 transitions of warm-up"):
        Settings(**wrong)


def test_warm_up_is_parted_and_draws_shrink_towards_what_was_known():
    assert windows(700) == [100, 200, 400] and sum(windows(20)) == 20
    draws = torch.randn(1, 20_000, 2, generator=generator(4), dtype=torch.float64)
    known = Metric(torch.zeros(1, 2).double(), 3 * torch.eye(2).double()[None])
    torch.testing.assert_close(measured(draws, known).root, measured(draws).root, atol=0.02, rtol=0)
    few = measured(draws[:, :5], known).root[0].diagonal()
    assert ((few > 1) & (few < 3)).all()

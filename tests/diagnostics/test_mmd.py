"""MMD: the textbook's double sum, zero for equal distributions, and what must be flagged."""

import math
from itertools import combinations, product

import pytest
import torch

from jana.diagnostics.mmd import mmd2
from jana.rng import generator

REPEATS, P = 200, 99


@pytest.fixture(scope="module")
def equal():
    """200 pairs of equally distributed samples, of a skewed distribution."""
    rng = generator(1)
    first, second = (torch.randn(REPEATS, n, 2, generator=rng).exp() for n in (40, 60))
    return mmd2(rng, first, second, permutations=P)


def naive(first, second):
    """Equation 3 of Gretton et al. (2012), pair by pair."""
    mean, sd = first.mean(0), first.std(0)
    first, second = (first - mean) / sd, (second - mean) / sd
    bandwidth = torch.stack([(a - b).norm() for a, b in combinations(first, 2)]).median()

    def average(pairs):
        kernels = [math.exp(-0.5 * float(((a - b) / bandwidth).square().sum())) for a, b in pairs]
        return sum(kernels) / len(kernels)

    within = sum(average(combinations(sample, 2)) for sample in (first, second))
    return within - 2 * average(product(first, second))


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_the_value_is_that_of_a_double_loop(rng, shift):
    first = 5 + 3 * torch.randn(2, 12, 3, generator=rng).double()
    second = shift + 5 + 3 * torch.randn(2, 17, 3, generator=rng).double()
    found = mmd2(rng, first, second).value.tolist()
    assert found == pytest.approx([naive(*pair) for pair in zip(first, second, strict=True)], 1e-5)


def test_single_precision_is_enough(rng):
    """Two equal samples of 1,000: the value is 1e-4 or so, and a thousandth of it is right."""
    first, second = torch.randn(2, 1, 1000, 2, generator=rng).double()
    scaled = [(part[0] - first[0].mean(0)) / first[0].std(0) for part in (first, second)]
    bandwidth = torch.pdist(scaled[0]).median()
    (xx, xy), (_, yy) = (
        [(-0.5 * (torch.cdist(a, b) / bandwidth).square()).exp() for b in scaled] for a in scaled
    )
    within = sum((kernel.sum() - 1000) / (1000 * 999) for kernel in (xx, yy))
    found = float(mmd2(rng, first, second).value)
    assert found == pytest.approx(float(within - 2 * xy.mean()), abs=1e-7)


def test_equal_distributions_are_zero_on_average(equal):
    """Within 4 standard errors."""
    assert abs(float(equal.value.mean())) < 4 * float(equal.value.std()) / math.sqrt(REPEATS)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_p_values_are_uniform_for_equal_distributions(equal, share):
    """Within 4 binomial standard errors of the 200 repeats."""
    found = float((equal.p_value <= share).double().mean())
    assert abs(found - share) < 4 * math.sqrt(share * (1 - share) / REPEATS)


def modes(rng, signs):
    return 3 * signs + torch.randn(1, 300, 2, generator=rng)


def test_a_shift_is_flagged(rng):
    first, second = torch.randn(2, 1, 300, 2, generator=rng)
    found = mmd2(rng, first, second + 0.5)
    assert found.p_value == 1 / 201 and found.value > 0.01


def test_a_wider_sample_is_flagged(rng):
    first, second = torch.randn(2, 1, 300, 2, generator=rng)
    assert mmd2(rng, first, 1.5 * second).p_value == 1 / 201


def test_one_mode_of_two_is_flagged(rng):
    signs = 2.0 * torch.randint(2, (1, 300, 1), generator=rng) - 1
    assert mmd2(rng, modes(rng, signs), modes(rng, torch.ones(1, 300, 1))).p_value == 1 / 201


def test_observations_do_not_depend_on_each_other(rng):
    first, second = torch.randn(2, 3, 50, 2, generator=rng)
    whole, alone = mmd2(generator(5), first, second), mmd2(generator(5), first[2:], second[2:])
    assert whole.value[2:] == alone.value and whole.p_value[2:] == alone.p_value


def test_units_do_not_matter(rng):
    first, second = torch.randn(2, 1, 50, 2, generator=rng).double()
    scale = torch.tensor([1e-3, 1e3]).double()
    found = mmd2(rng, scale * first + 1, scale * second + 1).value
    torch.testing.assert_close(found, mmd2(rng, first, second).value, atol=1e-6, rtol=0)


def test_draws_that_are_hopelessly_far_are_flagged_and_make_no_nan(rng):
    """In four corners as far away as single precision goes, from a reference of small spread."""
    first, second = torch.randn(2, 1, 100, 2, generator=rng)
    first, second = 1e-3 * first, 3e38 * second.sign()
    found = mmd2(rng, first, second)
    assert found.value.isfinite() and found.value > 0.5 and found.p_value == 1 / 201


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_not_finite_is_refused(rng, bad, which):
    samples = torch.randn(2, 1, 9, 2, generator=rng)
    samples[which, 0, 3, 1] = bad
    with pytest.raises(ValueError, match="finite draws"):
        mmd2(rng, *samples)


def test_single_draws_are_refused(rng):
    first = torch.randn(1, 9, 2, generator=rng)
    with pytest.raises(ValueError, match="2 draws or more of each sample, not 1"):
        mmd2(rng, first, first[:, :1])


def test_a_reference_without_spread_is_refused(rng):
    first = torch.randn(1, 9, 2, generator=rng)
    with pytest.raises(ValueError, match="constant"):
        mmd2(rng, first * torch.tensor([1.0, 0.0]), first)
    first[:, 2:] = first[:, :1]
    with pytest.raises(ValueError, match="copies"):
        mmd2(rng, first, first)


def test_p_values_of_few_draws_are_exact_where_both_samples_tell_the_scales():
    """Of 2,000 pairs of 40 and 8 draws with heavy tails: within 4 standard errors of the level."""
    rng = generator(3)
    first, second = (torch.randn(2000, n, 6, generator=rng).mul(1.5).exp() for n in (40, 8))
    flagged = []
    # Permutations are the same for all pairs of a call: another call, others.
    for part in zip(first.split(50), second.split(50), strict=True):
        flagged.append(mmd2(rng, *part, permutations=99, alike=True).p_value <= 0.05)
    share = float(torch.cat(flagged).double().mean())
    assert abs(share - 0.05) < 4 * (0.05 * 0.95 / 2000) ** 0.5

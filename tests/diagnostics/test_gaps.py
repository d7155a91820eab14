"""Gaps: p-values of the simulator's own data are uniform, others are flagged."""

import pytest
import torch

from jana.diagnostics import gaps
from jana.rng import generator


def features(seed, n, dim=12, skewed=True):
    """Correlated, one that is nearly constant and one that is."""
    rng = generator(seed)
    z = torch.randn(n, dim, generator=rng)
    z = z.exp() if skewed else z
    z[:, 1] = z[:, 0] + 0.1 * z[:, 1]
    z[:, 2] = (torch.rand(n, generator=rng) < 0.02).float()
    z[:, 3] = 4.0
    return z


def test_p_values_of_typical_data_are_uniform():
    """Of 4,000 series: share below each level within 4 standard errors."""
    known = gaps.typical(features(1, 4000))
    found = gaps.single(known, features(2, 4000))
    for level in (0.01, 0.05, 0.2, 0.5):
        # Both the reference half and the judged ones are samples.
        error = (level * (1 - level) * (1 / 4000 + 1 / 2000)) ** 0.5
        assert abs(float((found <= level).double().mean()) - level) < 4 * error


def test_groups_of_typical_data_have_uniform_p_values():
    """Of 400 groups against references of their own: within 4 standard errors of the level."""
    flagged = []
    for seed in range(100):
        known = gaps.typical(features(10 + seed, 240))
        groups = features(1000 + seed, 40).unflatten(0, (4, 10))
        flagged.append(gaps.several(generator(seed), known, groups, 120) <= 0.05)
    share = float(torch.stack(flagged).double().mean())
    # Groups of a seed share their reference: as if there were half as many.
    assert abs(share - 0.05) < 4 * (0.05 * 0.95 / 200) ** 0.5


def test_a_shift_is_flagged_though_each_number_is_usual():
    """Against the correlation; one by one, and in groups."""
    known, odd = (features(seed, n, skewed=False) for seed, n in ((1, 2000), (2, 200)))
    known = gaps.typical(known)
    odd[:, 1] = odd[:, 0].flip(0) + 0.1
    assert float((gaps.single(known, odd) <= 0.05).double().mean()) > 0.2
    found = gaps.several(generator(1), known, odd.unflatten(0, (10, 20)), 200)
    assert (found <= 0.05).double().mean() > 0.8


def test_a_number_that_never_varies_shows_when_it_does():
    known, odd = gaps.typical(features(1, 400)), features(2, 20)
    odd[:, 3] += 0.5
    assert (gaps.single(known, odd) <= 0.01).all()
    assert (gaps.several(generator(1), known, odd.unflatten(0, (2, 10)), 200) <= 0.05).all()


def test_too_few_or_broken_summaries_are_refused():
    with pytest.raises(ValueError, match="4 simulations or more, not 3"):
        gaps.typical(features(1, 3))
    broken = features(1, 10)
    broken[4, 5] = torch.nan
    with pytest.raises(ValueError, match="with 1 numbers that are not finite"):
        gaps.typical(broken)

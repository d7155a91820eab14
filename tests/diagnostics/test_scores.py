"""Scores of draws: closed forms, and what is covered if all is well."""

import math

import pytest
import torch

from jana.diagnostics.scores import autocorrelation, covered, crps, energy
from jana.rng import generator


def test_the_crps_of_a_normal_is_gneitings():
    """Gneiting & Raftery (2007), equation 21; five standard errors of 20,000 draws."""
    rng = generator(1)
    draws, x = torch.randn(20_000, 4, generator=rng), torch.tensor([-2.0, 0.0, 0.5, 3.0])
    density = (-0.5 * x.square()).exp() / math.sqrt(2 * math.pi)
    exact = x * (2 * torch.special.ndtr(x) - 1) + 2 * density - 1 / math.sqrt(math.pi)
    torch.testing.assert_close(crps(draws, x), exact, atol=0.03, rtol=0)


def test_the_energy_score_of_one_number_is_its_crps(rng):
    draws, x = torch.randn(50, 6, 1, generator=rng), torch.randn(6, 1, generator=rng)
    torch.testing.assert_close(energy(draws, x), crps(draws, x)[:, 0], atol=1e-4, rtol=1e-4)


def test_estimates_of_few_draws_are_not_biased():
    """Two draws and two hundred: the same mean, within five standard errors."""
    rng = generator(2)
    x = torch.randn(40_000, generator=rng)
    few, many = (crps(torch.randn(n, 40_000, generator=rng), x) for n in (2, 50))
    error = float((few.std().square() + many.std().square()).sqrt()) / 200
    assert abs(float(few.mean() - many.mean())) < 5 * error


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_draws_of_the_same_law_cover_as_often_as_they_say(level):
    """With ties, too; 20,000 numbers, four standard errors."""
    rng = generator(3)
    draws, x = (torch.randn(n, 20_000, generator=rng).clamp(min=0.5) for n in (19, 1))
    found = float(covered(draws, x[0], level, rng).mean())
    assert abs(found - level) < 4 * math.sqrt(level * (1 - level) / 20_000)


def test_the_autocorrelation_of_an_autoregression_falls_by_its_factor():
    rng = generator(4)
    x = [torch.randn(200, generator=rng)]
    for _ in range(3000):
        x.append(0.7 * x[-1] + torch.randn(200, generator=rng))
    found = autocorrelation(torch.stack(x, 1), 3).mean(0)
    torch.testing.assert_close(found, torch.tensor([0.7, 0.49, 0.343]), atol=0.01, rtol=0)

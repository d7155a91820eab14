"""Two moons: the density of the simulator, and the exact posterior at any x."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad

from jana.rng import generator
from jana.simulators import two_moons
from jana.simulators.two_moons import log_marginal, share_kept, simulator


def test_the_likelihood_integrates_to_one():
    theta = torch.tensor([0.3, -0.2], dtype=torch.float64)

    def density(x2, x1):
        x = torch.tensor([x1, x2], dtype=torch.float64)
        return float(two_moons.log_likelihood(theta, x).exp())

    s, d = (float(part) for part in two_moons.turned(theta))
    left, middle = 0.25 - abs(s), d
    total, _ = dblquad(density, left, left + 0.2, middle - 0.2, middle + 0.2, epsabs=1e-4)
    assert total == pytest.approx(1, abs=2e-3)


def test_a_likelihood_by_hand():
    """theta = 0, x straight ahead at the mean radius: N(0.1; 0.1, 0.01) / (pi * 0.1)."""
    x = torch.tensor([two_moons.SHIFT + 0.1, 0.0], dtype=torch.float64)
    expected = -math.log(0.01) - 0.5 * math.log(2 * math.pi) - math.log(0.1 * math.pi)
    found = two_moons.log_likelihood(torch.zeros(2, dtype=torch.float64), x)
    assert float(found) == pytest.approx(expected, abs=1e-9)


def test_behind_the_half_circle_there_is_no_density():
    x = torch.tensor([two_moons.SHIFT - 0.1, 0.0])
    assert two_moons.log_likelihood(torch.zeros(2), x) == -math.inf


@pytest.mark.parametrize(
    "x",
    [[0.0, 0.0], [0.33, 0.02], [0.345, 0.0], [-1.1, 0.1], [-0.3, 0.8], [0.25, 1.4], [-0.6, -0.5]],
)
def test_the_share_kept_is_what_rejection_keeps(x):
    """Quadrature against 400,000 proposals, at the middle, both edges and near corners."""
    rng, x = generator(3), torch.tensor(x)
    _, keep = two_moons._proposals(rng, x, 400_000)
    share = float(share_kept(x[None])[0])
    assert abs(share - keep.double().mean()) < 4 * math.sqrt(share * (1 - share) / 400_000) + 1e-6


def test_the_quadrature_has_converged(monkeypatch):
    x = simulator.draw(generator(4), 300).x.double()
    coarse = share_kept(x)
    monkeypatch.setattr(two_moons, "PANELS", 1600)
    two_moons._nodes.cache_clear()
    fine = share_kept(x)
    two_moons._nodes.cache_clear()
    torch.testing.assert_close(coarse, fine, rtol=1e-6, atol=1e-12)


def test_the_marginal_density_integrates_to_one():
    """Over all x that the simulator can give, on a grid of 201 x 301 points."""
    x1 = torch.linspace(-1.4, 0.6, 201, dtype=torch.float64)
    x2 = torch.linspace(-1.7, 1.7, 301, dtype=torch.float64)
    grid = torch.cartesian_prod(x1, x2)
    density = torch.cat([log_marginal(rows).exp() for rows in grid.split(20_000)])
    cell = float((x1[1] - x1[0]) * (x2[1] - x2[0]))
    assert float(density.sum()) * cell == pytest.approx(1, abs=2e-3)


def test_both_moons_are_drawn_equally_often():
    draws = simulator.exact.sample(generator(5), torch.zeros(1, 2), 4000)[0]
    upper = int((draws.sum(-1) > 0).sum())
    assert abs(upper - 2000) < 4 * math.sqrt(1000)


def test_an_x_out_of_reach_is_refused():
    with pytest.raises(ValueError, match=r"within reach of the prior.*choose an x"):
        simulator.exact.sample(generator(6), torch.tensor([[9.0, 9.0]]), 10)


def test_the_published_simulator_gives_the_same_moments():
    """Against a plain NumPy transcription of task T.8 of arXiv:2101.04653 (4 standard errors)."""
    n, theta = 200_000, np.array([0.4, -0.7])
    a = np.random.default_rng(0).uniform(-np.pi / 2, np.pi / 2, n)
    r = np.random.default_rng(1).normal(0.1, 0.01, n)
    shift = [-abs(theta.sum()) / np.sqrt(2), (-theta[0] + theta[1]) / np.sqrt(2)]
    theirs = np.stack([r * np.cos(a) + 0.25 + shift[0], r * np.sin(a) + shift[1]], -1)
    ours = two_moons.simulate(generator(7), torch.tensor(theta).float().expand(n, 2)).numpy()
    for power in (1, 2, 3):
        moments = [(part**power).mean(0) for part in (ours, theirs)]
        error = np.sqrt(2) * (theirs**power).std(0) / np.sqrt(n)
        assert (np.abs(moments[0] - moments[1]) < 4 * error).all()


def test_far_out_of_reach_the_marginal_is_small_and_not_zero():
    """Where the half circle barely reaches: its radius must be 8, 9, 10 standard deviations off."""
    x = torch.tensor([[0.43, 0.0], [0.44, 0.0], [0.45, 0.0]], dtype=torch.float64)
    found = log_marginal(x)
    assert found.isfinite().all() and (found.diff() < -8).all()

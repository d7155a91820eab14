"""The two-moons tasks: the density of the simulator, and the exact posterior at any x."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad, quad
from scipy.stats import kstest, norm

from jana.rng import generator
from jana.simulators import crescents, two_moons, two_moons_wide, two_moons_wiqvist
from jana.simulators.crescents import Crescents

# Mean and standard deviation of the radius, shift, half width of the prior's box.
TASKS = {
    two_moons: (0.1, 0.01, 0.25, 1.0),  # task T.8 of arXiv:2101.04653
    two_moons_wide: (0.1, 0.01, 0.25, 2.0),
    two_moons_wiqvist: (1.0, 0.1, 1.0, 2.0),  # arXiv:2102.06522
}
# The middle, both edges and near corners of what each task can give.
PLACES = {
    two_moons: "0,0 .33,.02 .345,0 -1.1,.1 -.3,.8 .25,1.4 -.6,-.5",
    two_moons_wide: "0,0 .33,.02 .345,0 -2.5,.1 -.3,2.2 .25,2.8 -1.4,-1.2",
    two_moons_wiqvist: "0,0 1.8,.2 2,0 -1.6,.9 .5,2 1,2.9 -.5,-1.5",
}
AT_PLACES = [
    pytest.param(
        task, [float(part) for part in place.split(",")], id=f"{task.__name__[16:]} {place}"
    )
    for task, places in PLACES.items()
    for place in places.split()
]


@pytest.fixture(params=TASKS, ids=lambda task: task.__name__.split(".")[-1])
def task(request):
    return request.param


@pytest.fixture
def panels(monkeypatch):
    """Sets how fine the quadrature is, for one test."""

    def set_to(count):
        monkeypatch.setattr(crescents, "PANELS", count)
        crescents._nodes.cache_clear()

    yield set_to
    crescents._nodes.cache_clear()


def double(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_the_numbers_are_the_published_ones(task):
    assert task.moons == Crescents(*TASKS[task])
    assert task.simulator.prior.high.tolist() == [TASKS[task][3]] * 2
    assert task.simulator.prior.low.tolist() == [-TASKS[task][3]] * 2


def test_the_likelihood_integrates_to_one(task):
    radius, _, shift, _ = TASKS[task]
    theta = double(0.3, -0.2)

    def density(x2, x1):
        return float(task.simulator.log_likelihood(theta, double(x1, x2)).exp())

    s, d = (float(part) for part in crescents.turned(theta))
    left, reach = shift - abs(s), 2 * radius
    total, _ = dblquad(density, left, left + reach, d - reach, d + reach, epsabs=1e-4)
    assert total == pytest.approx(1, abs=2e-3)


def test_a_likelihood_by_hand(task):
    """theta = 0, x straight ahead at the mean radius r: N(r; r, sd) / (pi r)."""
    radius, sd, shift, _ = TASKS[task]
    expected = -math.log(sd) - 0.5 * math.log(2 * math.pi) - math.log(radius * math.pi)
    found = task.simulator.log_likelihood(double(0, 0), double(shift + radius, 0))
    assert float(found) == pytest.approx(expected, abs=1e-9)


def test_the_optimal_loss_of_the_likelihood_is_the_entropy(task, rng):
    """Entropy of the radius, of the angle, and the mean log radius (4 standard errors)."""
    radius, sd, _, _ = TASKS[task]
    law = norm(radius, sd)
    log_radius, _ = quad(lambda r: law.pdf(r) * math.log(r), radius - 9 * sd, radius + 9 * sd)
    density = task.simulator.log_likelihood(*task.simulator.draw(rng, 100_000))
    error = float(density.std()) / math.sqrt(len(density))
    expected = law.entropy() + log_radius + math.log(math.pi)
    assert -float(density.mean()) == pytest.approx(expected, abs=4 * error)


def test_behind_the_half_circle_there_is_no_density(task):
    radius, _, shift, _ = TASKS[task]
    behind = torch.tensor([shift - radius, 0.0])
    assert task.simulator.log_likelihood(torch.zeros(2), behind) == -math.inf


@pytest.mark.parametrize("task, x", AT_PLACES)
def test_the_share_kept_is_what_rejection_keeps(task, x):
    """Quadrature against 400,000 proposals."""
    x = torch.tensor([x])
    _, keep = task.moons.proposals(generator(3), x, 400_000)
    share = float(task.moons.share_kept(x)[0])
    assert abs(share - keep.double().mean()) < 4 * math.sqrt(share * (1 - share) / 400_000) + 1e-6


@pytest.mark.parametrize("task, x", AT_PLACES)
def test_a_proposal_gives_x_back(task, x):
    """Moved to where theta says, some point p of the half circle is x."""
    theta, keep = task.moons.proposals(generator(3), double(x), 1000)
    s, d = crescents.turned(theta[keep])
    radius, sd, shift, _ = TASKS[task]
    p = double(x) - torch.stack([shift - s.abs(), d], dim=-1)
    assert (p[:, 0] >= -1e-12).all()
    assert ((p.norm(dim=-1) - radius).abs() < 6 * sd).all()


def test_the_share_kept_does_not_depend_on_the_unit():
    moons = two_moons.moons
    metres = Crescents(*(10 * value for value in TASKS[two_moons]))
    x = two_moons.simulator.draw(generator(8), 50).x.double()
    torch.testing.assert_close(metres.share_kept(10 * x), moons.share_kept(x))


def test_the_quadrature_has_converged(task, panels):
    """To 1 in 100,000 at 98 of 100 x; the others lie where an edge of the box is nearly touched."""
    x = task.simulator.draw(generator(4), 300).x.double()
    coarse = task.moons.share_kept(x)
    panels(1600)
    error = (coarse / task.moons.share_kept(x) - 1).abs()
    assert error.max() < 5e-4 and error.quantile(0.98) < 1e-5 and error.median() < 1e-9


def test_the_marginal_density_integrates_to_one(task, panels):
    """Over all x that the simulator can give, on a grid of 201 x 301 points."""
    panels(20)
    radius, sd, shift, half_width = TASKS[task]
    corner, reach = math.sqrt(2) * half_width, radius + 8 * sd
    x1 = torch.linspace(shift - corner, shift + reach, 201, dtype=torch.float64)
    x2 = torch.linspace(-corner - reach, corner + reach, 301, dtype=torch.float64)
    grid = torch.cartesian_prod(x1, x2)
    density = torch.cat(
        [task.simulator.exact.log_marginal(part).exp() for part in grid.split(20_000)]
    )
    cell = float((x1[1] - x1[0]) * (x2[1] - x2[0]))
    assert float(density.sum()) * cell == pytest.approx(1, abs=2e-3)


def test_both_moons_are_drawn_equally_often(task):
    draws = task.simulator.exact.sample(generator(5), torch.zeros(1, 2), 4000)[0]
    upper = int((draws.sum(-1) > 0).sum())
    assert abs(upper - 2000) < 4 * math.sqrt(1000)


@pytest.mark.parametrize("task, x", AT_PLACES)
def test_draws_at_one_x_among_many_have_the_distribution_of_those_alone(task, x, monkeypatch):
    """Rounds of few proposals, refilled for the x that keep few (false alarms: 1 in 1,000)."""
    x = torch.tensor([x])
    alone = task.moons.proposals(generator(6), x, 40_000)
    alone = alone[0][alone[1]]
    monkeypatch.setattr(crescents, "PROPOSALS", 500)
    many = torch.cat([task.simulator.draw(generator(7), 20).x, x])
    draws = task.simulator.exact.sample(generator(8), many, 1000)[-1]
    for ours, theirs in zip(draws.T.numpy(), alone.T.numpy(), strict=True):
        assert kstest(ours, theirs).pvalue > 1e-3


def test_no_data_sets_and_no_draws_are_no_error(task):
    sample = task.simulator.exact.sample
    assert sample(generator(9), torch.zeros(0, 2), 5).shape == (0, 5, 2)
    assert sample(generator(9), torch.zeros(3, 2), 0).shape == (3, 0, 2)


def test_an_x_out_of_reach_is_refused(task):
    x = torch.tensor([[0.0, 0.0], [9.0, 9.0]])
    with pytest.raises(ValueError, match=r"within reach of the prior.*\[9.0, 9.0\].*choose an x"):
        task.simulator.exact.sample(generator(6), x, 10)


def test_an_unlikely_x_within_reach_is_served():
    """A share of 3e-5 is kept: more proposals than come before the question why."""
    x = torch.tensor([[0.39, 0.0]])
    assert 1e-6 < float(two_moons.moons.share_kept(x)) < 1e-4
    draws = two_moons.simulator.exact.sample(generator(10), x, 20)
    assert two_moons.simulator.exact.log_posterior(draws[0], x).isfinite().all()


def test_the_published_simulator_gives_the_same_moments(task):
    """Against a plain NumPy transcription of task T.8 of arXiv:2101.04653 (4 standard errors)."""
    n, theta = 200_000, np.array([0.4, -0.7])
    radius, sd, offset, _ = TASKS[task]
    a = np.random.default_rng(0).uniform(-np.pi / 2, np.pi / 2, n)
    r = np.random.default_rng(1).normal(radius, sd, n)
    shift = [-abs(theta.sum()) / np.sqrt(2), (-theta[0] + theta[1]) / np.sqrt(2)]
    theirs = np.stack([r * np.cos(a) + offset + shift[0], r * np.sin(a) + shift[1]], -1)
    ours = task.simulator.simulate(generator(7), torch.tensor(theta).float().expand(n, 2)).numpy()
    for power in (1, 2, 3):
        moments = [(part**power).mean(0) for part in (ours, theirs)]
        error = np.sqrt(2) * (theirs**power).std(0) / np.sqrt(n)
        assert (np.abs(moments[0] - moments[1]) < 4 * error).all()


def test_far_out_of_reach_the_marginal_is_small_and_not_zero():
    """Where the half circle barely reaches: its radius must be 8, 9, 10 standard deviations off."""
    x = double([0.43, 0.0], [0.44, 0.0], [0.45, 0.0])
    found = two_moons.simulator.exact.log_marginal(x)
    assert found.isfinite().all() and (found.diff() < -8).all()


@pytest.mark.parametrize("module", TASKS)
def test_exact_draws_lie_on_either_moon_alike_and_prior_draws_on_neither(module):
    """20,000 draws: shares within four standard errors, .014; 6 of 100,000 lie on neither."""
    task, x = module.simulator, torch.zeros(1, 2)
    moons = task.mode(task.exact.sample(generator(1), x, 20_000)[0], x)
    assert ((moons == 0).double().mean() - 0.5).abs() < 0.015
    assert (moons < 0).double().mean() < 4e-4
    assert (task.mode(task.prior.sample(generator(2), 2000), x) < 0).double().mean() > 0.5

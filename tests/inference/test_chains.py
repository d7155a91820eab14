"""NUTS on prior * likelihood network: exact where the network is, in all kinds of supports."""

import math

import pytest
import torch
from designs import entries, flow_settings, pair, published
from scipy import stats

from jana import simulators
from jana.designs import Design
from jana.inference import chains, charts
from jana.mcmc.nuts import Settings
from jana.recipes import build_joint, generators
from jana.rng import generator

SEEDS = [1, 2]
TASK = simulators.get("drift_diffusion")


def rngs(sets, seeds=SEEDS):
    return [generators(seeds, "mcmc", at) for at in range(sets)]


@pytest.fixture(scope="module")
def response_times():
    """A pair that has learned nothing but its regressions, and data sets of 30 trials."""
    design = Design.from_config(entries()["tuned"])
    model = build_joint(design, TASK, (120, 1), SEEDS)
    model.set_from(*TASK.draw(generator(3), 1000))
    return model.eval().requires_grad_(False), TASK.draw(generator(4), 2).x[:, :30]


def test_a_conjugate_posterior_has_its_mean_and_spread():
    """Regressions alone are the exact likelihood; 5 errors of 300 draws, for 2 x 2 x 10 numbers."""
    task = simulators.get("gaussian_linear")
    model = pair("gaussian_linear", SEEDS, flow_settings(mixing="none"))
    model.set_from(*task.draw(generator(0), 20_000))
    x = task.draw(generator(5), 2).x
    settings = Settings(chains=24, warmup=20, draws=14, depth=3)
    found = chains.sampled(model.eval().requires_grad_(False), rngs(2), task, x, settings)
    flat = found.draws.flatten(2, 3)
    assert flat.shape == (2, 2, 336, 10)
    assert ((flat.mean(2) - x / 2).abs() < 5 * math.sqrt(0.005 / 300) + 0.01).all()
    assert (flat.std(2) / math.sqrt(0.005) - 1).abs().max() < 5 / math.sqrt(600) + 0.02


def test_chains_keep_to_the_prior_and_below_the_shortest_time(response_times):
    model, x = response_times
    settings = Settings(chains=2, warmup=20, draws=3, depth=2)
    found = chains.sampled(model, rngs(2), TASK, x, settings)
    assert found.draws.shape == (2, 2, 2, 3, 4) and found.seconds > 0
    low, high = chains.boxes(TASK, x)
    assert (found.draws > low[:, None, None]).all() and (found.draws < high[:, None, None]).all()
    assert (high[:, 2] <= x.abs().amin((1, 2))).all()
    alone = chains.sampled(model, rngs(1), TASK, x[:1], settings)  # whatever stands beside it
    torch.testing.assert_close(alone.draws[:, :, :, 0], found.draws[:, :1, :, 0], rtol=0.01, atol=0)


def test_a_network_that_knows_no_bounds_starts_chains_within_them():
    """What it draws outside stands for nothing: draws of the prior, below the shortest time."""
    model = build_joint(published("drift_diffusion"), TASK, (120, 1), SEEDS)
    model.eval().requires_grad_(False)
    x = TASK.draw(generator(4), 1).x[0, :30]
    (low, high) = box = tuple(edge[0] for edge in chains.boxes(TASK, x[None]))
    found = chains.starts(model, rngs(1)[0], TASK, x, box, 200)
    assert found.shape == (2, 200, 4) and ((found > low) & (found < high)).all()
    assert (found.std(1) > 0.05 * (high - low)).all()


def test_the_density_is_prior_times_network_on_the_whole_space(response_times):
    """Its integral over a line is that of the parameters' own, carried there."""
    model, x = response_times
    low, high = chains.boxes(TASK, x)
    near = low[0] + (high[0] - low[0]) * torch.rand(50, 4, generator=generator(1)).double()
    one = charts.fitted(low[0], high[0], near)
    chart = charts.stacked([one] * 4)
    density = chains.log_joint(model, TASK, x, chart)
    u = torch.randn(6, 4, generator=generator(2), dtype=torch.float64)
    which = torch.tensor([0, 1, 2, 3, 0, 3])  # two members of two data sets
    theta, log_det = charts.inside(u, chart.of(which))
    like = model.log_likelihood(*(t.float() for t in model.shared(theta, x[which % 2])))
    wanted = TASK.prior.log_prob(theta) + like[which // 2, torch.arange(6)] + log_det
    torch.testing.assert_close(density(u, which), wanted, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "low, high", [(-1.0, 2.0), (0.5, math.inf), (-math.inf, 0.5), (-math.inf, math.inf)]
)
def test_charts_lead_back_and_know_their_slope(low, high):
    edges = [torch.tensor([edge], dtype=torch.float64) for edge in (low, high)]
    draws = stats.truncnorm(-2, 2, loc=0.5, scale=0.4).rvs(200, random_state=1)
    draws = torch.from_numpy(draws).clamp(max(low, -9) + 0.1, min(high, 9) - 0.1)[:, None]
    chart = charts.fitted(*edges, draws)
    u = torch.linspace(-3, 3, 13, dtype=torch.float64)[:, None].requires_grad_()
    rows = chart.of(torch.zeros(13, dtype=torch.long))
    theta, log_det = charts.inside(u, rows)
    (slope,) = torch.autograd.grad(theta.sum(), u)
    torch.testing.assert_close(log_det, slope[:, 0].log())
    torch.testing.assert_close(charts.outside(theta.detach(), rows), u.detach())
    assert ((theta >= edges[0]) & (theta <= edges[1])).all()


@pytest.mark.parametrize("mirrored", [False, True])
def test_draws_that_press_against_a_bound_have_a_chart_too(mirrored):
    """More than an exponential: the nearest Gaussian is infinitely far away. One lies on it."""
    draws = torch.from_numpy(stats.gamma(0.5, scale=0.01).rvs((500, 1), random_state=1))
    draws[0] = 0.0
    low, high = torch.zeros(1).double(), torch.ones(1).double()
    if mirrored:
        low, high, draws = -high, low, -draws
    rows = charts.fitted(low, high, draws).of(torch.zeros(500, dtype=torch.long))
    u = charts.outside(draws, rows)
    assert u.abs().max() <= charts.FAR and 0.5 < u.std() < 2
    back = charts.inside(u, rows)[0]
    torch.testing.assert_close(back[1:], draws[1:], rtol=1e-3, atol=1e-7)
    assert ((back > low) & (back < high)).all()


def test_a_parameter_outside_its_box_is_refused():
    zero, one = torch.zeros(1, 1).double(), torch.ones(1, 1).double()
    with pytest.raises(ValueError, match="first row 0 with"):
        charts.outside(3 * one, charts.Chart(zero, one, zero, one))


WRONG = {
    "not finite": (lambda x: x.index_fill(1, torch.tensor([4]), math.nan), "must be finite"),
    "no trial": (lambda x: x[:, :0], "a trial or more, not none"),
    "a time of 0": (lambda x: x.index_fill(1, torch.tensor([4]), 0.0), "must be above 0.2"),
    "below every shift": (lambda x: x.index_fill(1, torch.tensor([4]), -0.15), "must be above 0.2"),
}


@pytest.mark.parametrize("case", WRONG)
def test_data_that_cannot_be_response_times_are_refused(response_times, case):
    model, x = response_times
    spoil, reason = WRONG[case]
    with pytest.raises(ValueError, match=reason):
        chains.sampled(model, rngs(2), TASK, spoil(x), Settings())

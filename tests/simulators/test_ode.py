"""The integrator, and the models that use it: other solvers, other steps, other densities."""

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import solve_ivp

from jana.rng import generator
from jana.simulators import (
    lotka_volterra,
    lotka_volterra_sbibm,
    lynxes,
    ode,
    outbreaks,
    sir,
    sir_sbibm,
)


def test_a_decay_is_exact_to_fourth_order():
    start, errors = torch.ones(1, 1, dtype=torch.float64), []
    for step in (0.1, 0.05):
        found = ode.solved(lambda state: -state, start, [0.0, 1.0, 2.5], step)[:, 0, 0]
        errors.append((found - torch.tensor([1.0, np.exp(-1), np.exp(-2.5)])).abs().max())
    assert errors[0] < 1e-6 and 14 < errors[0] / errors[1] < 18


@pytest.mark.parametrize(
    ("module", "means", "limit"),
    [
        (lynxes, lotka_volterra_sbibm.lynxes.log_means, 0.01 * lynxes.NOISE),
        (lynxes, lotka_volterra.lynxes.log_means, 0.01 * lynxes.NOISE),
        (outbreaks, sir.outbreaks.log_odds, 1e-3),
        (outbreaks, sir_sbibm.outbreaks.log_odds, 1e-3),
    ],
)
def test_half_the_step_changes_nothing_that_matters(module, means, limit, monkeypatch):
    theta = module.prior.sample(generator(1), 5000)
    whole = means(theta)
    monkeypatch.setattr(module, "STEP", module.STEP / 2)
    assert float((means(theta) - whole).abs().max()) < limit


def scipys(flow, start, times):
    return solve_ivp(flow, (0, times[-1]), start, "DOP853", times, rtol=1e-11, atol=1e-11).y


@pytest.mark.parametrize("name", ["paper", "sbibm"])
def test_lotka_volterra_is_scipys(name):
    task = {"paper": lotka_volterra, "sbibm": lotka_volterra_sbibm}[name].lynxes
    thetas = lynxes.prior.sample(generator(2), 20).double()
    for (alpha, beta, gamma, delta), found in zip(
        thetas.tolist(), task.log_means(thetas), strict=True
    ):

        def flow(t, s, a=alpha, b=beta, c=gamma, d=delta):
            return [a * s[0] - b * s[0] * s[1], d * s[0] * s[1] - c * s[1]]

        states = scipys(flow, [30, 1], task.times)
        # In the paper time by time, of one more than the state; in sbibm species by species.
        exact = np.log1p(states).T if name == "paper" else np.log(states.clip(1e-10, 1e4))
        np.testing.assert_allclose(found, exact.reshape(-1), atol=1e-3)


@pytest.mark.parametrize("task", [sir.outbreaks, sir_sbibm.outbreaks])
def test_sir_is_scipys(task):
    thetas = outbreaks.prior.sample(generator(2), 20).double()
    for (beta, gamma), found in zip(thetas.tolist(), task.log_odds(thetas), strict=True):

        def flow(t, s, b=beta, g=gamma):
            return [-b * s[0] * s[1] / 1e6, b * s[0] * s[1] / 1e6 - g * s[1]]

        exact = scipys(flow, [1e6 - 1, 1], task.times)[1] / 1e6
        np.testing.assert_allclose(torch.sigmoid(found), exact, rtol=2e-3, atol=1e-9)


def test_lotka_volterras_density_is_scipys():
    theta, x = (part.double() for part in lotka_volterra.simulator.draw(generator(3), 10))
    means = lotka_volterra.lynxes.log_means(theta)
    exact = stats.lognorm.logpdf(x.numpy(), 0.1, scale=np.exp(means.numpy())).sum(1)
    np.testing.assert_allclose(lotka_volterra.simulator.log_likelihood(theta, x), exact, rtol=1e-9)
    assert lotka_volterra.simulator.log_likelihood(theta, -x).eq(-torch.inf).all()


def test_rates_that_no_step_can_follow_have_no_likelihood():
    theta, x = lotka_volterra.simulator.draw(generator(3), 2)
    found = lotka_volterra.simulator.log_likelihood(theta * 1e5, x)
    assert found.eq(-torch.inf).all()


def test_the_binomial_is_scipys_far_out_too():
    log_odds = torch.tensor([-60.0, -13.8, -2.0, 0.0, 3.0, 20.0], dtype=torch.float64)
    k = torch.tensor([0.0, 1.0, 300.0, 999.0, 1000.0], dtype=torch.float64)[:, None]
    found = outbreaks.log_binomial(log_odds, k)
    p = 1 / (1 + np.exp(-log_odds.numpy()))
    exact = stats.binom.logpmf(k.numpy(), 1000, p)
    usable = np.isfinite(exact) & (p < 1 - 1e-6)  # scipy has no logit: 1 - p is rounded
    np.testing.assert_allclose(found.numpy()[usable], exact[usable], rtol=1e-8, atol=1e-12)
    assert found.isfinite().all()
    odd = outbreaks.log_binomial(log_odds, torch.tensor(0.5, dtype=torch.float64))
    assert odd.eq(-torch.inf).all()


@pytest.mark.parametrize("time", [0, 3, 9])
def test_the_noisy_shares_density_integrates_to_one(time):
    """Over one share, the others where they are: p of these, and they are told by themselves."""
    theta = torch.tensor([[0.5, 0.13]], dtype=torch.float64)
    x = sir.simulate(generator(1), theta.float()).double()
    centre = torch.sigmoid(sir.outbreaks.log_odds(theta)[0, time])
    grid = torch.linspace(-0.1, 0.1, 20_001, dtype=torch.float64) + centre
    moved = x.repeat(len(grid), 1)
    moved[:, time] = grid
    counts = torch.arange(1001, dtype=torch.float64)
    noise = stats.norm.logpdf(x[0, :, None].numpy(), counts.numpy() / 1000, 0.001)
    log_counts = outbreaks.log_binomial(sir.outbreaks.log_odds(theta)[0, :, None], counts)
    each = torch.logsumexp(log_counts + torch.from_numpy(noise), 1)
    assert float(sir.log_likelihood(theta, x)) == pytest.approx(float(each.sum()), abs=1e-9)
    rest = each.sum() - each[time]
    density = (sir.log_likelihood(theta, moved) - rest).exp()
    assert float(torch.trapezoid(density, grid)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("simulator", "scale", "optimum", "error"),
    [(sir.simulator, 1.0, -46.36, 0.2), (lotka_volterra.simulator, 1000.0, -113.5, 0.3)],
)
def test_the_optimal_losses_are_the_papers(simulator, scale, optimum, error):
    theta, x = simulator.draw(generator(5), 10_000)
    values = -simulator.log_likelihood(theta, x).double() - x[0].numel() * np.log(scale)
    spread = float(values.std()) / 100
    assert float(values.mean()) == pytest.approx(optimum, abs=3 * np.hypot(spread, error))

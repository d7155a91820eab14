"""The epidemic, against a slow program written from the equations, and its exact likelihood."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from jana import simulators
from jana.rng import generator
from jana.simulators import epidemics
from jana.simulators.epidemics import DAYS, NAMES, PEOPLE, Epidemic

TASKS = {"as_published": "epidemic", "corrected": "epidemic_corrected"}


def slow(theta, ramps):
    """Expected reports (81, 3) in persons, a day and a person group at a time."""
    p = dict(zip((name.split(" (")[0] for name in NAMES), theta, strict=True))
    level = [p[f"lambda {i}"] for i in range(5)]
    starts = [round(p[f"t{i}"]) for i in range(1, 5)]
    sizes = [round(p[f"ramp {i}"]) for i in range(1, 5)]
    rate = [level[0]] * (20 + starts[0])
    for i in range(4):
        one, other, held = level[i], level[i + 1], level[i + 1]
        if ramps == "as_published" and i == 2:
            one, other, held = level[3], level[4], level[3]
        if ramps == "as_published" and i == 3:
            held = level[3]
        days = (starts[i + 1] if i < 3 else DAYS) - starts[i]
        if sizes[i] == 1:
            rate += [level[3] if (ramps == "as_published" and i == 2) else level[i + 1]] * days
        else:
            rate += list(np.linspace(one, other, sizes[i])) + [held] * (days - sizes[i])
    assert len(rate) == 20 + DAYS
    e = max(1, round(p["E0"]))
    s, c, i, new = PEOPLE - e, 0.0, 0.0, {"I": [], "R": [], "D": []}
    for today in rate:
        new["I"].append((1 - p["alpha"]) * p["eta"] * c)
        new["R"].append((1 - p["delta"]) * p["mu"] * i)
        new["D"].append(p["delta"] * p["d"] * i)
        caught = today * (c + p["beta"] * i) / PEOPLE * s
        s, e, c, i = (
            s - caught,
            e + caught - p["gamma"] * e,
            c + p["gamma"] * e - new["I"][-1] - p["alpha"] * p["theta"] * c,
            i + new["I"][-1] - new["R"][-1] - new["D"][-1],
        )
        s, e, c, i = (min(max(value, 0.0), PEOPLE) for value in (s, e, c, i))
    found = np.empty((DAYS, 3))
    for k in range(DAYS):
        for column, x in enumerate("IRD"):
            value = new[x][k + 20 - round(p[f"delay {x}"])]
            low = (1 - p[f"f {x}"]) * (1 - abs(math.sin(math.pi * k / 7 - p[f"phi {x}"] / 2)))
            found[k, column] = (1 - low) * value
    return found


@pytest.mark.parametrize("ramps", TASKS)
def test_expected_reports_are_those_of_a_slow_program(ramps, rng):
    theta = epidemics.prior.sample(rng, 100)
    theta[:20, 4:8] = 1.0  # ramps of one day
    found = Epidemic(ramps).expected(theta).numpy()
    for row, ours in zip(theta.double().numpy(), found, strict=True):
        np.testing.assert_allclose(ours, slow(row, ramps), rtol=1e-9, atol=1e-9)


def test_the_last_rate_is_held_as_meant_and_not_as_published(rng):
    theta = epidemics.prior.sample(rng, 1)
    theta[:, 7], last, before = 3.0, float(theta[0, 12]), float(theta[0, 11])
    assert float(Epidemic("corrected").rates(theta)[0, -1]) == pytest.approx(last)
    assert float(Epidemic("as_published").rates(theta)[0, -1]) == pytest.approx(before)


@pytest.mark.parametrize("name", TASKS.values())
def test_probability_integral_transforms_are_uniform(name):
    """Zeros at random below their chance; two tests at 0.001."""
    simulator = simulators.get(name)
    theta, x = simulator.draw(generator(3), 400)
    place = simulator.simulate.__self__.expected(theta).numpy()
    scale = theta[:, None, 24:27].double().numpy() * np.sqrt(place)
    told = scale > 0
    below = stats.t(4).cdf((x.numpy() * 1000.0 - place)[told] / scale[told])
    uniform = np.random.default_rng(0).uniform(size=below.shape)
    share = np.where(x.numpy()[told] > 0, below, below * uniform)
    assert stats.kstest(share, "uniform").pvalue > 1e-3
    assert (x.numpy()[~told] == 0).all()


def test_log_likelihood_terms_are_scipys(rng):
    theta, x = simulators.get("epidemic").draw(rng, 50)
    ours = Epidemic("as_published").log_reports(theta, x.double()).numpy()
    place = Epidemic("as_published").expected(theta).numpy()
    law = stats.t(4, place, theta[:, None, 24:27].double().numpy() * np.sqrt(place))
    with np.errstate(invalid="ignore", divide="ignore"):
        density = law.logpdf(x.double().numpy() * 1000) + math.log(1000)
        expected = np.where(x > 0, density, law.logcdf(0.0))
    np.testing.assert_allclose(ours, np.where(place > 0, expected, 0.0), atol=1e-6)


def test_the_density_and_the_chance_of_zero_make_up_one():
    """The trapezoid's error on this grid is below 1e-6; the tail beyond it 1e-8."""
    theta = epidemics.prior.sample(generator(1), 1).double()
    model, day = Epidemic("as_published"), 40
    place = float(model.expected(theta)[0, day, 0])
    scale = float(theta[0, 24]) * math.sqrt(place)
    grid = torch.linspace(1e-9, place + 300 * scale, 20_001, dtype=torch.float64) / 1000
    x = torch.zeros(len(grid), DAYS, 3, dtype=torch.float64)
    x[:, day, 0] = grid
    density = model.log_reports(theta, x)[:, day, 0].exp()
    chance = float(model.log_reports(theta, torch.zeros_like(x[:1]))[0, day, 0].exp())
    assert chance + float(torch.trapezoid(density, grid)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", TASKS.values())
def test_zeros_are_as_frequent_as_the_paper_says(name, rng):
    """6 to 12 % of all reports, in 94 % of the data sets; within four standard errors."""
    x = simulators.get(name).draw(rng, 2000).x
    assert 0.06 < float((x == 0).float().mean()) < 0.12
    assert abs(float((x == 0).flatten(1).any(1).float().mean()) - 0.94) < 4 * 0.0053 + 0.01


def test_the_share_of_admissible_parameters_is_as_noted(rng):
    """Within four standard errors of a share of 200,000 tries."""
    found = epidemics.admitted(rng, 178_000)
    assert epidemics.admissible(found.theta).all()
    assert abs(178_000 / found.tried - epidemics.ADMITTED) < 4 * 0.0007


def test_inadmissible_parameters_have_no_density(rng):
    theta = epidemics.prior.sample(rng, 5)
    assert epidemics.prior.log_prob(theta).isfinite().all()
    theta[0, 0], theta[1, 1], theta[2, 20], theta[3, 7], theta[4, 4] = 0.4, 7.0, 20.6, 40.0, 0.3
    theta[1, 0] = 7.0
    assert (epidemics.prior.log_prob(theta) == -math.inf).all()


def test_changed_simulators_change_what_they_say(rng):
    theta = epidemics.prior.sample(rng, 200)
    plain, late = Epidemic("corrected"), Epidemic("corrected", shift=2.0)
    weekly = plain.expected(theta)[:, 7:] / late.expected(theta)[:, 7:].clamp(min=1e-9)
    assert float((weekly.log().abs() > 0.1).double().mean()) > 0.1
    few = Epidemic("corrected", people=PEOPLE / 2).expected(theta).sum((1, 2))
    assert (few <= plain.expected(theta).sum((1, 2)) + 1e-6).all()

"""First-passage draws: the distribution function, its two series, and who ends where."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import kstest

from jana.rng import generator
from jana.simulators import passage, wiener

# v, a, t0, w: corners of the prior's box, no drift, and between
POINTS = [
    (-5.0, 0.5, 0.2, 0.3),
    (-5.0, 3.0, 1.0, 0.7),
    (5.0, 3.0, 0.2, 0.3),
    (5.0, 0.5, 1.0, 0.7),
    (0.0, 0.5, 0.2, 0.7),
    (0.0, 3.0, 0.4, 0.3),
    (0.0, 1.0, 0.4, 0.5),
    (1.3, 1.2, 0.3, 0.4),
    (-2.5, 0.8, 0.6, 0.6),
    (0.1, 2.0, 0.5, 0.55),
]
DRIFTS, STARTS = (0.0, 1e-9, 0.3, 2.5, 15.0, 90.0), (0.02, 0.3, 0.5, 0.7, 0.98)  # with a = 1
GRID = [(drift, start) for drift in DRIFTS for start in STARTS]
SHARES = [1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12]


def drawn(points, trials, seed=1):
    parts = torch.tensor(points, dtype=torch.float64).unbind(-1)
    return passage.sample(generator(seed), *parts, trials)


@pytest.fixture(scope="module")
def draws():
    return drawn(POINTS, 100_000).numpy()


def distribution(v, a, t0, w):
    """Of signed times: the density's integral, over the log of the time above the shift."""
    log_time = torch.linspace(math.log(1e-4), math.log(20), 8001, dtype=torch.float64)
    time, step = a**2 * log_time.exp(), float(log_time[1] - log_time[0])
    y = torch.cat([-(t0 + time).flip(0), t0 + time])
    given = (torch.tensor(value, dtype=torch.float64) for value in (v, a, t0, w))
    mass = step * torch.cat([time.flip(0), time]) * wiener.log_density(y, *given).exp()
    below = mass.cumsum(0) - mass / 2
    assert float(below[-1]) == pytest.approx(1, abs=1e-9)
    return lambda x: np.interp(x, y, below)


@pytest.mark.parametrize("row", range(len(POINTS)))
def test_draws_have_the_distribution_whose_density_is_known(draws, row):
    """Kolmogorov-Smirnov of 100,000 draws (false alarms: 1 in 1,000 of all ten together)."""
    assert kstest(draws[row], distribution(*POINTS[row])).pvalue > 1e-4


def test_both_series_agree_where_one_takes_over():
    """In shares of all that ends there, and up to the drifts of the prior's box."""
    for drift in (0.0, 0.3, 2.5, 15.0):
        for start in np.linspace(0.02, 0.98, 33):
            mass = passage.lower_mass(drift, start)
            images = passage._by_images(passage.SWITCH, drift, start)
            others = passage._by_eigenfunctions(passage.SWITCH, drift, start)
            assert abs(images[0] - others[0]) < 1e-12 * mass
            assert abs(images[1] - others[1]) < 1e-10 * mass


@pytest.mark.parametrize("time", [0.01, 0.1, 0.299, 0.301, 1.0, 3.0])
def test_the_distribution_functions_slope_is_the_density(time):
    step = 1e-5 * time
    for drift, start in GRID:
        mass = passage.lower_mass(drift, start)
        ends = [passage.passed(time + sign * step, drift, start)[0] for sign in (-1, 1)]
        slope = (ends[1] - ends[0]) / (2 * step) / mass
        density = passage.passed(time, drift, start)[1] / mass
        assert slope == pytest.approx(density, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("time", [0.05, 0.2, 0.5, 2.0])
def test_the_density_is_the_likelihoods(time):
    """exp(-v w) times it is the density at the lower boundary."""
    for drift, start in GRID:
        values = (-time, drift, 1.0, 0.0, start)
        given = (torch.tensor(value, dtype=torch.float64) for value in values)
        found = math.exp(-drift * start) * passage.passed(time, drift, start)[1]
        assert found == pytest.approx(float(wiener.log_density(*given).exp()), rel=1e-9, abs=1e-30)


@pytest.mark.parametrize("drift, start", GRID)
def test_the_time_of_a_share_is_the_inverse_of_the_distribution_function(drift, start):
    """Finite and rising from the earliest to the latest in a million millions."""
    times = [passage.time_at(share, drift, start) for share in SHARES]
    assert np.isfinite(times).all() and times[0] > 0 and (np.diff(times) > 0).all()
    mass = passage.lower_mass(drift, start)
    found = [passage.passed(time, drift, start)[0] / mass for time in times]
    assert found == pytest.approx(SHARES, rel=1e-6, abs=1e-14)


@pytest.mark.parametrize("share", [0.0, 1 - 2.0**-53])
def test_the_least_and_the_largest_uniform_give_finite_times(share):
    for drift, start in GRID:
        assert 0 < passage.time_at(share, drift, start) < math.inf


@pytest.mark.parametrize("drift", [-15.0, -1.7, -1e-9, 0.0, 1e-9, 0.4, 3.0, 15.0])
@pytest.mark.parametrize("start", [0.3, 0.5, 0.7])
def test_the_share_at_the_upper_boundary_is_that_of_a_gambler_and_of_the_density(drift, start):
    """(1 - e^{-2vw}) / (1 - e^{-2v}) with a = 1, Feller (1968); w without drift."""
    found, known = passage.upper_share(drift, start), start
    if abs(drift) > 1e-6:
        known = (1 - math.exp(-2 * drift * start)) / (1 - math.exp(-2 * drift))
    assert found == pytest.approx(known, rel=1e-8)

    def density(time):
        given = (torch.tensor(part, dtype=torch.float64) for part in (time, drift, 1.0, 0.0, start))
        return float(wiener.log_density(*given).exp())

    assert found == pytest.approx(quad(density, 0, 10, points=[0.03, 0.3], limit=200)[0], rel=1e-6)


def test_what_does_not_end_above_ends_below():
    """e^{-vw} times the mass below; up, by the mirror image."""
    for drift, start in GRID:
        below = math.exp(-drift * start) * passage.lower_mass(drift, start)
        assert below == pytest.approx(passage.upper_share(-drift, 1 - start), rel=1e-7)
        assert passage.upper_share(drift, start) + below == pytest.approx(1)


def test_equal_generators_give_equal_draws_whatever_rows_come_after():
    found = drawn(POINTS, 7)
    assert torch.equal(found, drawn(POINTS, 7)) and not torch.equal(found, drawn(POINTS, 7, seed=2))
    assert torch.equal(found[:4], drawn(POINTS[:4], 7))


def test_the_shift_is_added_and_time_goes_with_the_square_of_the_boundary():
    one = drawn([(2.0, 1.0, 0.0, 0.4)], 1000)
    wide = drawn([(0.5, 4.0, 0.3, 0.4)], 1000)
    torch.testing.assert_close(wide, one.sign() * (0.3 + 16 * one.abs()))


@pytest.mark.parametrize(
    "broken",
    [
        (1.0, 0.0, 0.3, 0.5),
        (1.0, -1.0, 0.3, 0.5),
        (1.0, 1.0, 0.3, 0.0),
        (1.0, 1.0, 0.3, 1.0),
        (1.0, 1.0, 0.3, -0.2),
        (math.nan, 1.0, 0.3, 0.5),
        (1.0, math.nan, 0.3, 0.5),
        (1.0, 1.0, math.nan, 0.5),
        (1.0, 1.0, 0.3, math.nan),
        (math.inf, 1.0, 0.3, 0.5),
        (-40.0, 3.0, 0.3, 0.5),
    ],
    ids=str,
)
def test_parameters_without_a_diffusion_are_refused_with_their_row(broken):
    with pytest.raises(ValueError, match="a start between 0 and 1, but row 2 has drift") as error:
        drawn([*POINTS[:2], broken, POINTS[3], broken], 3)
    assert str(list(broken)) in str(error.value)

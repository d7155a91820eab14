"""Learning rates and averages, by hand."""

import pytest

from jana.training.schedule import keep, rate


def test_the_rate_rises_to_its_peak_and_falls_to_zero():
    rates = [rate(step, 100, 2.0, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.2) and rates[9] == rates[10] == pytest.approx(2.0)
    assert rates[55] == pytest.approx(1.0)  # half way down
    assert rates[10:] == sorted(rates[10:], reverse=True) and 0 < rates[-1] < 0.01


def test_without_warm_up_the_first_step_is_already_at_the_peak():
    assert rate(0, 10, 1.0, 0.0) == 1.0


def test_the_average_forgets_the_start_and_then_decays_as_asked():
    assert keep(0, 10, 0.99) == pytest.approx(0.1**10)
    assert keep(10**6, 10, 0.99) == pytest.approx(0.99**10)


def test_without_warm_up_the_rate_only_falls_and_ends_near_zero():
    rates = [rate(step, 200, 1.0, 0.0) for step in range(200)]
    assert rates == sorted(rates, reverse=True) and 0 < rates[-1] < 1e-4


def test_without_a_decay_there_is_no_average():
    assert keep(0, 10, 0.0) == keep(10**6, 10, 0.0) == 0.0

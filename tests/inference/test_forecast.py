"""What follows from a series: draws that the prior admits, series of the right length."""

from dataclasses import replace

import pytest
import torch
from designs import entries

from jana import settings, simulators
from jana.designs import Design
from jana.inference import forecast
from jana.judge import followed
from jana.recipes import build_joint
from jana.rng import generator

EPIDEMIC = simulators.get("epidemic_corrected")
CHANGES = {"likelihood": {"state": 8, "nets": {"S": {"hidden": [8]}}}}


@pytest.fixture(scope="module")
def found():
    entry = settings.design(entries(), "tuned", "epidemic_corrected", CHANGES)
    model = build_joint(Design.from_config(entry), EPIDEMIC, (81, 3), (1, 2))
    theta, x = EPIDEMIC.draw(generator(1), 200)
    model.set_from(theta, x)
    model.eval().requires_grad_(False)
    observed = EPIDEMIC.longer(7)(generator(3), theta[:1])[0]
    with torch.no_grad():
        each = forecast.follow(model, [generator(1), generator(2)], EPIDEMIC, observed[:81], 50, 7)
    return model, observed, each


def test_draws_are_admitted_and_series_go_on(found):
    _, _, (one, other) = found
    assert EPIDEMIC.prior.log_prob(one.theta).isfinite().all() and 0 <= one.outside < 1
    assert len(one.theta) == round(50 * (1 - one.outside))
    assert one.simulator.shape == (len(one.theta), 88, 3)
    assert one.network.shape == (len(one.theta), 81, 3)
    assert not torch.equal(one.theta[:5], other.theta[:5])


def test_a_longer_series_begins_as_the_other():
    """Without noise: the same expected reports."""
    from jana.simulators.epidemic_corrected import epidemic

    theta = EPIDEMIC.prior.sample(generator(4), 20)
    expected, longer = epidemic.expected(theta), epidemic.longer(9).expected(theta)
    assert longer.shape == (20, 90, 3)
    torch.testing.assert_close(longer[:, :81], expected)


def test_rows_tell_how_typical_it_is_and_how_bands_hold(found):
    _, observed, each = found
    reference = torch.randn(2, 100, 4, generator=generator(5))
    odd = torch.full((2, 1, 4), 30.0)
    rows = followed.rows(generator(6), {}, observed, 81, each, reference, odd)
    by = {(row["metric"], row["seed"]): row["value"] for row in rows}
    assert by["gap_pvalue", 0] == pytest.approx(1 / 51)
    for part in ("predictive", "forecast"):
        assert 0 <= by[f"{part}_coverage_50", 1] <= by[f"{part}_coverage_95", 1] <= 1
    assert "forecast_coverage_50" not in {
        row["metric"]
        for row in followed.rows(generator(6), {}, observed[:81], 81, each, reference, odd)
    }
    arrays = followed.arrays(observed, each[0], torch.zeros(3, 34))
    assert arrays["simulator"][1].shape == (5, 88, 3) and arrays["network"][1].shape == (5, 81, 3)


def test_draws_that_the_prior_never_admits_are_an_error(found):
    model, observed, _ = found
    nowhere = EPIDEMIC.prior._replace(log_prob=lambda theta: torch.full(theta.shape[:-1], -1e400))
    simulator = replace(EPIDEMIC, prior=nowhere)
    with pytest.raises(ValueError, match="none of the 10 of member 0"):
        forecast.follow(model, [generator(1)] * 2, simulator, observed[:81], 10, 3)

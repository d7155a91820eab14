"""One-dimensional laws: scipy's densities, quantiles that undo distribution functions."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from jana.rng import generator
from jana.simulators import laws

CASES = {
    "normal": (laws.normal(1.0, 2.0), stats.norm(1.0, 2.0)),
    "log_normal": (laws.log_normal(3.0, 0.4), stats.lognorm(0.4, scale=3.0)),
    "uniform": (laws.uniform(-1.0, 3.0), stats.uniform(-1.0, 4.0)),
    "gamma": (laws.gamma(2.0, 30.0), stats.gamma(2.0, scale=30.0)),
    "beta": (laws.beta(4.9395, 2.1169), stats.beta(4.9395, 2.1169)),
    "von_mises": (laws.von_mises(0.01), stats.vonmises(0.01)),
    "von_mises, half": (laws.von_mises(0.5), stats.vonmises(0.5)),
}


@pytest.fixture(params=CASES)
def law(request):
    return CASES[request.param]


def test_densities_and_quantiles_are_scipys(law):
    ours, theirs = law
    share = torch.linspace(0.001, 0.999, 101, dtype=torch.float64)
    x = ours.quantile(share)
    np.testing.assert_allclose(theirs.cdf(x.numpy()), share.numpy(), atol=1e-9)
    np.testing.assert_allclose(ours.log_prob(x).numpy(), theirs.logpdf(x.numpy()), atol=1e-9)
    assert (x >= ours.low).all() and (x < ours.high).all()


def test_a_law_that_is_too_concentrated_is_refused():
    with pytest.raises(ValueError, match=r"concentrations from 0 to 0\.5, not 2"):
        laws.von_mises(2.0)


def test_a_restricted_prior_is_the_conditional_one(rng):
    """A normal cut off at 0: twice its density above, and none below."""
    plain = laws.independent((laws.normal(0.0, 1.0),))
    half = laws.restricted(plain, lambda theta: theta[..., 0] > 0, 0.5)
    theta = half.sample(rng, 5000)
    assert (theta > 0).all() and stats.kstest(theta[:, 0].numpy(), "halfnorm").pvalue > 1e-3
    found = half.log_prob(torch.tensor([[0.0], [1.0]]))
    expected = -0.5 - 0.5 * math.log(2 * math.pi) + math.log(2)
    assert found.tolist() == pytest.approx([-math.inf, expected])


def test_refused_rows_are_counted():
    """Of a fair coin: as many tries as twice the draws, within four standard errors."""
    plain = laws.independent((laws.normal(0.0, 1.0),))
    found = laws.admitted(generator(1), 10_000, plain, lambda theta: theta[..., 0] > 0)
    assert len(found.theta) == 10_000
    assert abs(found.tried - 20_000) < 4 * math.sqrt(20_000)


def test_constraints_that_nothing_meets_end_with_an_error(rng):
    plain = laws.independent((laws.normal(0.0, 1.0),))
    with pytest.raises(ValueError, match="make its constraints wider"):
        laws.admitted(rng, 10, plain, lambda theta: theta[..., 0] > 100)

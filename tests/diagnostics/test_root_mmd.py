"""The paper's distance: its formula, and that it is not 0 for exact draws."""

import numpy as np
import pytest
import torch

from jana import simulators
from jana.diagnostics.root_mmd import VARIANCES, root_mmd
from jana.rng import generator

TASK = simulators.get("two_moons_wiqvist")
ORIGIN = torch.zeros(1, 2)


PLAIN = {
    "gaussian": lambda square, scale: np.exp(-square / (2 * scale)),
    "inverse_multiquadratic": lambda square, scale: scale / (square + scale),
}


def plain(x, y, kernel):
    """By loops over all pairs and kernels, in double precision."""
    total = 0.0
    for one, other, sign in ((x, x, 1), (y, y, 1), (x, y, -2)):
        pairs = [np.sum((a - b) ** 2) for a in one for b in other]
        total += sign * np.mean([sum(PLAIN[kernel](d, v) for v in VARIANCES) for d in pairs])
    return np.sqrt(max(total, 0))


@pytest.mark.parametrize("kernel", PLAIN)
def test_it_is_the_sum_over_all_pairs_and_kernels(kernel):
    one, two = torch.randn(12, 2, generator=generator(1)), torch.randn(9, 2, generator=generator(2))
    expected = plain(one.double().numpy(), two.double().numpy(), kernel)
    assert float(root_mmd(one, two[None], kernel)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("kernel", "floor", "one", "wide"),
    [("gaussian", 0.127, 1.23, 0.54), ("inverse_multiquadratic", 0.122, 1.29, 0.59)],
)
def test_the_papers_floor_and_its_failures_are_met(kernel, floor, one, wide):
    """Of exact pairs, one mode alone and the prior, as others have computed.

    The mean of 8 pairs has a standard error of .008: four of them are allowed.
    """
    draws = TASK.exact.sample(generator(1), ORIGIN, 9000)[0].unflatten(0, (9, 1000))
    exact = root_mmd(draws[0], draws[1:], kernel)
    assert abs(float(exact.mean()) - floor) < 0.032 and exact.min() > 0.05
    upper = TASK.exact.sample(generator(2), ORIGIN, 3000)[0]
    upper = upper[upper.sum(1) > 0][:1000]
    prior = TASK.prior.sample(generator(3), 1000)
    found = root_mmd(draws[0], torch.stack([upper, prior]), kernel).tolist()
    assert found == [pytest.approx(one, abs=0.06), pytest.approx(wide, abs=0.05)]


def test_draws_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="MMD needs finite draws"):
        root_mmd(torch.zeros(3, 2), torch.full((1, 3, 2), torch.nan))

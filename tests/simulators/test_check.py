"""What a simulator must not do is refused at its first draw, in words."""

import inspect
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from jana import simulators
from jana.rng import generator
from jana.simulators import check
from jana.simulators.base import Simulator
from jana.simulators.priors import box, gaussian

GOOD = Simulator(
    prior=gaussian(mean=[0.0, 0.0], sd=[1.0, 1.0]),
    simulate=lambda rng, theta: theta + torch.randn(theta.shape, generator=rng),
    theta_names=("a", "b"),
    x_axes=("coordinate",),
)


def with_prior(sample):
    return replace(GOOD, prior=GOOD.prior._replace(sample=sample))


def simulating(simulate):
    return replace(GOOD, simulate=simulate)


def add(noise):
    """Data with noise from elsewhere than the given generator."""
    return simulating(lambda rng, theta: theta + noise(tuple(theta.shape)))


BROKEN = {
    "a column too many": (
        with_prior(lambda rng, n: torch.randn(n, 3, generator=rng)),
        r"the prior must give theta of shape \(16, 2\).* but gave \(16, 3\)",
    ),
    "a row too few": (
        with_prior(lambda rng, n: torch.randn(n - 1, 2, generator=rng)),
        r"the prior must give theta of shape \(16, 2\).* but gave \(15, 2\)",
    ),
    "an axis too many": (
        simulating(lambda rng, theta: theta[..., None]),
        r"simulate must give 16 data sets of 1 axis.* but gave the shape \(16, 2, 1\)",
    ),
    "an axis too few": (
        simulating(lambda rng, theta: theta.sum(1)),
        r"simulate must give 16 data sets of 1 axis.* but gave the shape \(16,\)",
    ),
    "a data set too few": (
        simulating(lambda rng, theta: theta[1:]),
        r"simulate must give 16 data sets of 1 axis.* but gave the shape \(15, 2\)",
    ),
    "whole numbers": (
        simulating(lambda rng, theta: theta.round().long()),
        r"x must be a tensor of floating-point numbers, not torch.int64",
    ),
    "whole parameters": (
        with_prior(lambda rng, n: torch.randint(5, (n, 2), generator=rng)),
        r"theta must be a tensor of floating-point numbers, not torch.int64",
    ),
    "NaN": (
        simulating(lambda rng, theta: theta.log()),
        r"must be finite, but \d+ of 100 data sets are not, the first at theta = \[-?\d.*\]: mend",
    ),
    "infinity": (
        simulating(lambda rng, theta: 1 / theta.clamp(min=0)),
        r"must be finite, but \d+ of 100 data sets are not, the first at theta = \[",
    ),
    "torch's global generator": (
        add(torch.randn),
        r"from the generator `rng`.* drew from the global generator of torch: give generator=rng",
    ),
    "NumPy's global generator": (
        add(lambda shape: torch.from_numpy(np.random.randn(*shape)).float()),
        r"drew from the global generator of numpy:",
    ),
    "Python's global generator": (
        add(lambda shape: torch.full(shape, random.random())),
        r"two runs with equal generators gave different numbers:",
    ),
    "two global generators": (
        add(lambda shape: torch.randn(shape) * np.random.random()),
        r"drew from the global generator of torch and numpy:",
    ),
    "an unseeded generator": (
        add(lambda shape: torch.from_numpy(np.random.default_rng().normal(size=shape)).float()),
        r"two runs with equal generators gave different numbers: replace .*default_rng\(\)",
    ),
}


@pytest.mark.parametrize("simulator, message", BROKEN.values(), ids=BROKEN.keys())
def test_what_breaks_a_rule_is_refused_in_words(simulator, message):
    with pytest.raises(ValueError, match=message):
        simulator.draw(generator(0), 100)


def test_a_prior_that_draws_from_elsewhere_is_refused_too():
    with pytest.raises(ValueError, match="drew from the global generator of torch"):
        with_prior(lambda rng, n: torch.randn(n, 2)).draw(generator(0), 100)


def test_the_first_row_that_is_not_finite_is_the_one_that_is_named():
    broken = simulating(lambda rng, theta: theta.log())
    theta = GOOD.prior.sample(generator(0), 100)
    first = theta[(theta < 0).any(1)][0]
    with pytest.raises(ValueError) as error:
        broken.draw(generator(0), 100)
    assert str(first.tolist()) in str(error.value)


def test_trying_a_simulator_moves_neither_its_generator_nor_the_global_ones():
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    theta, x = GOOD.draw(generator(5), 100)
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]
    rng = generator(5)
    expected = GOOD.prior.sample(rng, 100)
    assert torch.equal(theta, expected) and torch.equal(x, GOOD.simulate(rng, expected))


NAMES = {
    "parameters twice": (
        {"theta_names": ("a", "a", "b")},
        "theta_names needs different names, but a stands twice",
    ),
    "axes twice": (
        {"x_axes": ("time", "time")},
        "x_axes needs different names, but time stands twice",
    ),
    "an axis that is taken": (
        {"x_axes": ("draw",)},
        "x_axes may not be called draw, as axes of the files are: give .* such as coordinate",
    ),
    "two axes that are taken": (
        {"x_axes": ("member", "dataset")},
        "x_axes may not be called dataset, member,",
    ),
    "a string": (
        {"theta_names": "ab"},
        r"theta_names needs a tuple of names, not 'ab': \('name',\) is one name",
    ),
    "an axis as a string": ({"x_axes": "trial"}, "x_axes needs a tuple of names, not 'trial'"),
    "none": ({"x_axes": ()}, r"x_axes needs a tuple of names, not \(\)"),
    "an empty name": ({"theta_names": ("a", "")}, r"theta_names needs a tuple of names, not"),
}


def without_type_checks(function):
    """As users have it: test runs check types too, and would refuse these before."""
    return inspect.unwrap(function)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"x_low": 0.0}, r"must be above x_low = 0.0, but \d+ of 20 numbers are not"),
        ({"x_counts": 5}, r"whole numbers from 0 to x_counts = 5, but \d+ of 20 are not, such as"),
    ],
    ids=["low", "counts"],
)
def test_data_that_are_not_what_they_are_said_to_be_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        replace(GOOD, **fields).draw(generator(0), 10)


def test_data_that_are_what_they_are_said_to_be_pass():
    counted = replace(GOOD, x_counts=3, simulate=lambda rng, theta: theta.abs().round().clamp(0, 3))
    assert counted.draw(generator(0), 10).x.max() <= 3
    positive = replace(GOOD, x_low=0.0, simulate=lambda rng, theta: theta.exp())
    assert (positive.draw(generator(0), 10).x > 0).all()


def timed(simulate):
    """Signed response times, three in each set, that the second parameter is added to."""
    prior = box(low=[0.0, 1.0], high=[1.0, 2.0])
    return replace(GOOD, prior=prior, simulate=simulate, x_axes=("trial", "coordinate"), x_shift=1)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("above", [0.0, -0.1])
def test_response_times_at_their_shift_or_below_it_are_refused(sign, above):
    def simulate(rng, theta):
        x = theta[:, 1:] + torch.rand(len(theta), 3, generator=rng) + 0.1
        x[2:4, 1] = theta[2:4, 1] + above
        return sign * x[..., None]

    message = (
        r"above the parameter that x_shift says, but in 2 of 10 data sets some are not, first in "
        r"row 2, with \d\.\d+ and 1\.\d+: mend the simulator, or leave out x_shift"
    )
    with pytest.raises(ValueError, match=message):
        timed(simulate).draw(generator(0), 10)


def test_response_times_above_their_shift_pass():
    def simulate(rng, theta):
        sign = torch.tensor([1.0, -1.0, 1.0])
        return (sign * torch.nextafter(theta[:, 1:], theta[:, 1:] + 1))[..., None]

    assert timed(simulate).draw(generator(0), 10).x.shape == (10, 3, 1)


@pytest.mark.parametrize("fields, message", NAMES.values(), ids=NAMES.keys())
def test_names_that_clash_are_refused_in_words(fields, message):
    given = {"theta_names": ("a", "b"), "x_axes": ("coordinate",)} | fields
    with pytest.raises(ValueError, match=message):
        without_type_checks(check.names)(**given)


def test_a_simulator_checks_its_names():
    with pytest.raises(ValueError, match="a stands twice"):
        replace(GOOD, theta_names=("a", "a"))


def test_an_array_is_not_a_tensor():
    message = "x must be a tensor of floating-point numbers, not ndarray"
    with pytest.raises(ValueError, match=message):
        without_type_checks(check.shapes)(torch.zeros(4, 2), np.zeros((4, 2)), 4, 2, 1)


def test_parameters_that_are_not_finite_are_refused():
    simulator = simulators.get("two_moons")
    prior = simulator.prior._replace(sample=lambda rng, n: torch.full((n, 2), torch.nan))
    broken = type(simulator)(
        prior=prior,
        simulate=lambda rng, theta: torch.zeros_like(theta),
        theta_names=("a", "b"),
        x_axes=("c",),
    )
    with pytest.raises(ValueError, match=r"parameters must be finite.*mend the prior"):
        broken.draw(generator(0), 20)


@pytest.mark.parametrize("name", ["tarp", "log_likelihood", "log_posterior"])
def test_a_parameter_named_as_what_is_ranked_beside_it_is_refused(name):
    simulator = simulators.get("two_moons")
    with pytest.raises(ValueError, match=f"theta_names may not hold {name}"):
        type(simulator)(simulator.prior, simulator.simulate, ("a", name), ("c",))


def test_a_shift_without_two_bounds_is_refused():
    with pytest.raises(
        ValueError, match="a prior with two bounds, but b lies between -inf and inf"
    ):
        replace(timed(GOOD.simulate), prior=GOOD.prior)


@pytest.mark.parametrize(
    "spoil, reason",
    [
        (lambda x: x[:, :0], "a trial or more, not none"),
        (lambda x: x.index_fill(0, torch.tensor([1]), torch.nan), "1 of 3 data sets .* number 1"),
        (lambda x: x.index_fill(0, torch.tensor([2]), torch.inf), "first number 2"),
    ],
)
def test_data_sets_without_trials_or_with_gaps_are_refused(spoil, reason):
    with pytest.raises(ValueError, match=reason):
        check.observed(spoil(torch.ones(3, 4, 1)))


@pytest.mark.parametrize("time", [0.2, 0.1, 0.0, -0.1])
def test_response_times_that_no_shift_allows_are_refused(time):
    x = torch.ones(3, 4, 1)
    check.above_shift(0.2, -x)
    x[1, 2] = time
    with pytest.raises(ValueError, match=r"must be above 0.2, .* in 1 of 3 data sets .* number 1"):
        check.above_shift(0.2, x)


@pytest.mark.parametrize("given", [{"theta_whole": (2,)}, {"theta_spans": ((0, 1), (1, -1))}])
def test_places_of_parameters_that_there_are_not_are_refused(given):
    with pytest.raises(ValueError, match="need places from 0 to 1, but there are"):
        Simulator(
            prior=box(low=[0.0, 0.0], high=[1.0, 1.0]),
            simulate=lambda rng, theta: theta,
            theta_names=("a", "b"),
            x_axes=("step",),
            **given,
        )

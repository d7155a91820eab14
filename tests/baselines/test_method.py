"""The protocol: budgets, rounds, rejection, and what becomes of a run that fails."""

import contextlib
import math
import time

import numpy as np
import pytest
import torch
from entries import TASK

from jana.baselines.method import Budgeted, Drawn, Fitted, kept_inside, rounds
from jana.baselines.run import Asked, run
from jana.rng import generator, lent
from jana.simulators.base import Draws


def test_rounds_make_up_the_budget():
    assert rounds(2000, 1000) == [1000, 1000] and rounds(2000, None) == [2000]
    with pytest.raises(ValueError, match="rounds of 300 simulations must make up the budget"):
        rounds(1000, 300)


def test_more_simulations_than_the_budget_are_refused():
    task = Budgeted(TASK, 100, 1)
    task.pairs(60)
    task.pairs_at(torch.zeros(40, 2))
    assert task.used == 100
    with pytest.raises(ValueError, match="the budget is 100 simulations, validation included"):
        task.pairs_at(torch.zeros(1, 2))


def test_no_parameters_outside_the_prior_are_simulated():
    with pytest.raises(ValueError, match="within the prior's support only"):
        Budgeted(TASK, 100, 1).pairs_at(torch.full((1, 2), 2.5))


def test_the_priors_simulations_depend_on_the_seed_alone():
    first, second, other = (Budgeted(TASK, 100, seed).pairs(100) for seed in (3, 3, 4))
    assert torch.equal(first.x, second.x) and not torch.equal(first.x, other.x)


def test_draws_outside_the_prior_are_left_out_and_counted():
    found = iter([torch.tensor([[0.0, 0.0], [3.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.5]])])
    theta, outside = kept_inside(TASK.prior, lambda n: next(found), 2)
    assert theta.tolist() == [[0.0, 0.0], [1.0, 0.0]] and outside == 0.25
    with pytest.raises(ValueError, match="only 0 lie within the prior's support"):
        kept_inside(TASK.prior, lambda n: torch.full((n, 2), 9.0), 5)


def test_borrowed_global_generators_follow_the_given_one_and_are_given_back():
    torch.manual_seed(5)
    np.random.seed(5)
    wanted = torch.rand(1), np.random.rand()
    torch.manual_seed(5)
    np.random.seed(5)
    seen = []
    for _ in range(2):
        with lent(generator(1)):
            seen.append((torch.rand(1).item(), np.random.rand()))
    assert seen[0] == seen[1]
    assert torch.equal(torch.rand(1), wanted[0]) and np.random.rand() == wanted[1]


def exact_method(rng, task, x):
    """A method that knows the answer."""
    task.pairs(task.budget)

    def draws(rng, x, n):
        return Drawn(TASK.exact.sample(rng, x[None], n)[0], 0.0)

    return Fitted({"exact": draws}, lambda rng, theta: TASK.simulate(rng, theta), {}, True, {})


def asked(many=30):
    pairs = TASK.draw(generator(2), 10)
    return Asked(torch.zeros(3, 2), 20, many, 15, Draws(*pairs))


def test_a_run_answers_all_that_is_asked():
    found = run(exact_method, TASK, 100, (1, 2), asked(), 60.0)
    assert found.status == "ok"
    shapes = {name: tuple(values.shape) for name, (_, values) in found.arrays.items()}
    assert shapes["first_exact"] == (20, 2) and shapes["many_exact"] == (30, 2)
    assert shapes["other_exact"] == (2, 15, 2) and shapes["predictive_exact"] == (20, 2)
    assert found.arrays["simulations"][1] == 100


def broken(rng, task, x):
    raise RuntimeError("a network\n  of NaN")


def endless(rng, task, x):
    time.sleep(60)


def stubborn(rng, task, x):
    for _ in range(2):
        with contextlib.suppress(TimeoutError):  # as code that tries again whatever went wrong
            time.sleep(60)
    time.sleep(60)


def test_an_alarm_that_was_not_heard_rings_again(monkeypatch):
    monkeypatch.setattr("jana.baselines.run.AGAIN", 0.1)
    assert run(stubborn, TASK, 100, (1, 2), asked(), 0.1).status.startswith("TimeoutError")


def deaf(rng, task, x):
    """Loses the alarm, as a finalizer does, and ends before the next."""
    with contextlib.suppress(TimeoutError):
        time.sleep(60)
    return exact_method(rng, task, x)


def into(kind):
    def translated(rng, task, x):
        try:
            time.sleep(60)
        except TimeoutError as error:
            raise kind("an operation failed") from error

    return translated


@pytest.mark.parametrize("method", [deaf, into(RuntimeError), into(KeyError)])
def test_a_run_that_was_late_is_late_whatever_became_of_the_alarm(method):
    found = run(method, TASK, 100, (1, 2), asked(), 0.1)
    assert found.status == "TimeoutError: not done after 0.1 s"
    assert set(found.arrays) == {"failed_seconds"}


@pytest.mark.parametrize(
    "method, status",
    [(broken, "RuntimeError: a network of NaN"), (endless, "TimeoutError: not done after 0.1 s")],
)
def test_a_run_that_fails_says_why_and_ends(method, status):
    found = run(method, TASK, 100, (1, 2), asked(), 0.1)
    assert found.status == status and set(found.arrays) == {"failed_seconds"}


def test_a_slip_of_our_own_is_no_failed_run():
    with pytest.raises(TypeError):
        run(lambda rng: None, TASK, 100, (1, 2), asked(), 10.0)


@pytest.mark.parametrize("value, ok", [(math.inf, False), (math.nan, False), (0.0, True)])
def test_surrogate_data_that_are_not_finite_are_a_failed_run(value, ok):
    """And no error of whoever judges all runs."""

    def odd(rng, task, x):
        fitted = exact_method(rng, task, x)

        def surrogate(rng, theta):
            made = TASK.simulate(rng, theta)
            made[3, 1] = value
            return made

        return fitted._replace(surrogate=surrogate)

    found = run(odd, TASK, 100, (1, 2), asked(), 60.0)
    wanted = "ok" if ok else "ValueError: predictive_exact has 1 numbers that are not finite"
    assert found.status == wanted


@pytest.mark.parametrize("value, ok", [(-math.inf, True), (math.inf, False), (math.nan, False)])
def test_a_density_of_nothing_is_an_answer_and_none_is_not(value, ok):
    def odd(rng, task, x):
        fitted = exact_method(rng, task, x)
        return fitted._replace(densities={"posterior": lambda *_: torch.full((10,), value)})

    found = run(odd, TASK, 100, (1, 2), asked(), 60.0)
    assert (found.status == "ok") == ok

"""Pairings of posteriors and likelihoods, on a model whose evidence is known in closed form."""

import pytest
import torch
from designs import pair

from jana import simulators
from jana.evidence import elpd
from jana.inference import draws, loo, pairings, surrogate
from jana.inference.pairings import Fitted
from jana.judge.loo import exact
from jana.recipes import generators
from jana.rng import generator

SEEDS, SIMULATOR = [1, 2], simulators.get("gaussian_iid")
WHOLE = 1500  # draws given all trials


@pytest.fixture(scope="module")
def model():
    """At its start: a regression, which is no exact posterior and no exact likelihood."""
    built = pair("gaussian_iid", SEEDS)
    built.set_from(*SIMULATOR.draw(generator(0), 2000))
    return built.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def x():
    return SIMULATOR.draw(generator(3), 2).x


@pytest.fixture(scope="module")
def fitted(x):
    """Exact draws, in four chains."""
    many = SIMULATOR.exact.sample(generator(5), x.double(), 2000)
    evidence = SIMULATOR.exact.log_marginal(x.double())
    each = zip(many, evidence.tolist(), strict=True)
    return {at: Fitted(theta, 4, (value, 0.03)) for at, (theta, value) in enumerate(each)}


def compared(model, x, fitted):
    (x_m,) = model.shared(x)
    found = draws.posterior_draws(model, generators(SEEDS, "a"), x_m, WHOLE)
    return pairings.compared(model, generators(SEEDS, "b"), SIMULATOR, found, x_m, 300, fitted)


@pytest.fixture(scope="module")
def found(model, x, fitted):
    return compared(model, x, fitted)


def near(value, other, error):
    """Within 5 standard errors, which 20 numbers leave once in 80,000 times."""
    return bool(((value - other).abs() < 5 * error).all())


def test_the_true_likelihood_gives_the_exact_evidence_whatever_the_posterior_network(found, x):
    marginal = found["jana_true_likelihood"].marginal
    assert marginal.value.shape == (2, 2) and (marginal.khat < 0.7).all()
    assert near(marginal.value, SIMULATOR.exact.log_marginal(x.double()), marginal.error)


def test_the_true_posterior_gives_the_evidence_that_both_networks_give(found):
    """Both are of the likelihood network, from draws of another posterior each."""
    ours, theirs = (found[name].marginal for name in ("jana", "jana_true_posterior"))
    error = (ours.error.square() + theirs.error.square() - 0.03**2).sqrt()
    assert near(ours.value, theirs.value, error) and (theirs.error > 0.03).all()


def test_with_the_true_likelihood_everywhere_leave_one_out_is_exact(model, x, fitted, monkeypatch):
    def true(model, theta, x):
        parts = zip(theta.unbind(1), x.unbind(1), strict=True)
        return torch.stack([pairings.of_trials(SIMULATOR, *part) for part in parts], 1)

    monkeypatch.setattr(pairings, "log_likelihood_of_trials", true)
    found, known = compared(model, x, fitted), exact(SIMULATOR, x)
    for method in ("jana_refined", "jana_true_posterior"):
        left_out = found[method].left_out
        assert near(left_out.pointwise, known, left_out.error), method
        assert near(left_out.total, known.sum(-1), left_out.total_error), method


def test_leave_one_out_by_both_networks_is_that_of_draws_without_the_trial(model, found, x):
    (x_m,) = model.shared(x)
    rngs = generators(SEEDS, "b")
    for at in (0, 1):
        one = x_m[:, at]
        without = loo.draws_left_out(model, rngs, one, 300)
        by_hand = elpd.direct(loo.log_likelihood_left_out(model, without, one))
        again = found["jana"].left_out.pointwise[:, at]
        torch.testing.assert_close(again, by_hand.pointwise)


def test_without_a_fit_of_every_data_set_there_is_no_true_posterior(model, x, fitted):
    assert "jana_true_posterior" not in compared(model, x, {0: fitted[0]})


def test_trials_are_judged_one_by_one(model, x):
    """At draws that all trials share, and at draws of their own."""
    theta, (x_m,) = torch.tensor([[[0.1, 0.5], [0.3, 2.0], [0.0, 1.0]]] * 2), model.shared(x[0])
    found = pairings.of_trials(SIMULATOR, theta, x_m)
    assert found.shape == (2, 3, 20) and found.dtype == torch.float64
    whole = SIMULATOR.log_likelihood(theta[0].double(), x[:1].double())
    torch.testing.assert_close(found[0].sum(-1), whole)
    own = theta[:, :, None].expand(2, 3, 20, 2)
    torch.testing.assert_close(pairings.of_trials(SIMULATOR, own, x_m), found)


def test_weights_without_a_trial_leave_it_out():
    each = torch.tensor([[[-1.0, -2.0], [-0.5, -torch.inf]]])
    found = pairings.without_one(torch.tensor([[-4.0, -torch.inf]]), each)
    assert found.tolist() == [[[-3.0, -2.0], [-torch.inf, -torch.inf]]]


def test_a_simulator_without_a_likelihood_has_no_true_partner(x):
    theta = torch.zeros(1, 3, 2)
    with pytest.raises(ValueError, match="needs a simulator with `log_likelihood`"):
        pairings.of_trials(simulators.get("bernoulli_glm"), theta, x[:1])


def test_the_pair_itself_is_judged_by_its_own_likelihood(model, found, x):
    """The mean weight, by hand from the same draws."""
    (x_m,) = model.shared(x)
    drawn = draws.posterior_draws(model, generators(SEEDS, "a"), x_m, WHOLE)
    ours = surrogate.log_likelihood_of_draws(model, drawn.draws, x_m).double()
    ratios = SIMULATOR.prior.log_prob(drawn.draws).double() + ours - drawn.log_prob.double()
    plain = ratios.logsumexp(-1) - torch.tensor(float(WHOLE)).log()
    marginal = found["jana"].marginal
    assert near(marginal.value, plain, marginal.error)

"""A pair on data sets of other lengths, where every answer is exact."""

import math

import torch
from tidy import LABELS, select, value

from jana import simulators
from jana.flows.flow import Sample
from jana.judge import lengths
from jana.rng import generator

SIMULATOR = simulators.get("gaussian_iid")
DRAWS = 400


def exact_pair(trials, shift=0.0, impossible=0):
    """Exact draws and densities in the place of both networks', of 100 data sets; the posterior
    is moved by `shift` standard deviations. Of the first `impossible` no draw has a likelihood."""
    rng = generator(3)
    theta = SIMULATOR.prior.sample(rng, 100).double()
    x = lengths.lengthened(rng, SIMULATOR, theta.float(), trials).double()
    draws = SIMULATOR.exact.sample(rng, x, DRAWS)
    apart = shift * draws.std(1) * torch.tensor([1.0, 0.0])
    log_posterior = SIMULATOR.exact.log_posterior(draws, x[:, None])
    at_truth = (
        SIMULATOR.exact.log_posterior(theta - apart, x),
        SIMULATOR.log_likelihood(theta, x),
    )
    likelihood = SIMULATOR.log_likelihood(draws + apart[:, None], x[:, None])
    log_posterior[:impossible] = math.inf  # so that their weights are 0
    found = Sample((draws + apart[:, None])[None], log_posterior[None])
    given = (theta[None], x[None]), found, tuple(part[None] for part in at_truth), likelihood[None]
    return lengths.rows(LABELS | {"draws": DRAWS}, generator(1), *given, SIMULATOR)


def test_data_sets_have_as_many_trials_as_asked_for():
    theta = SIMULATOR.prior.sample(generator(0), 3)
    for trials in (1, 20, 45):
        assert lengths.lengthened(generator(1), SIMULATOR, theta, trials).shape == (3, trials, 1)
    long = lengths.lengthened(generator(1), SIMULATOR, theta, 45)
    assert len(long.unique()) == long.numel()


def test_exact_answers_have_no_error_at_any_length():
    for trials in (5, 60):
        rows = exact_pair(trials)
        for metric in ("kl_posterior", "kl_likelihood", "lml_rmse", "lml_bias"):
            assert abs(value(rows, metric=metric)) < 1e-6, metric
        assert all(row["value"] > 0.001 for row in select(rows, metric="sbc_pvalue"))
        assert len(select(rows, metric="khat")) == 100


def test_a_shifted_posterior_is_seen_and_the_evidence_is_not_moved_by_it():
    """Half a standard deviation: a KL of about 1/8. Both likelihoods are reweighted alike."""
    rows = exact_pair(60, shift=0.5)
    assert 0.08 < value(rows, metric="kl_posterior") < 0.25
    assert value(rows, metric="sbc_pvalue", quantity=SIMULATOR.theta_names[0]) < 0.01
    assert abs(value(rows, metric="lml_rmse")) < 1e-6


def test_data_sets_without_a_possible_draw_are_left_out_and_marked_by_k_hat():
    rows = exact_pair(20, impossible=3)
    for metric in ("kl_posterior", "kl_likelihood", "lml_rmse", "lml_bias"):
        assert abs(value(rows, metric=metric)) < 1e-6, metric
    assert [row["value"] for row in select(rows, metric="khat")[:3]] == [math.inf] * 3
    none = {row["metric"] for row in exact_pair(20, impossible=100)}
    assert "kl_likelihood" in none and not none & {"kl_posterior", "lml_rmse", "lml_bias"}

"""Posterior draws of single observations: MMD, k-hat, refined draws, pairs to look at."""

import math
from dataclasses import replace

import pytest
import torch
from tidy import LABELS, select, value

from jana import simulators
from jana.diagnostics.mmd import mmd2
from jana.judge import draws
from jana.judge.draws import COORDINATES
from jana.rng import generator

TASK = simulators.get("gaussian_linear")


def test_mmd_has_a_value_and_a_p_value_per_observation(rng):
    exact, ours = torch.randn(2, 2, 60, 3, generator=rng)
    ours[1] += 1
    rows = draws.mmd_rows(generator(1), LABELS, exact, ours, method="jana", seed=4)
    expected = mmd2(generator(1), exact, ours)
    assert len(select(rows, method="jana", seed=4, draws=60, task="toy")) == len(rows) == 4
    for where in range(2):
        assert value(rows, metric="mmd2", observation=where) == float(expected.value[where])
        assert value(rows, metric="mmd_pvalue", observation=where) == float(expected.p_value[where])
    assert value(rows, metric="mmd_pvalue", observation=1) < 0.01
    assert value(rows, metric="mmd_pvalue", observation=0) > 0.05


def test_khat_tells_weights_of_a_known_tail(rng):
    """Equal weights: -inf. exp(k E), E exponential, is Pareto with shape k."""
    exact = torch.zeros(2, 2, 4000)
    exact[1, 0] = 0.2 * torch.empty(4000).exponential_(generator=rng)
    exact[1, 1] = 1.2 * torch.empty(4000).exponential_(generator=rng)
    rows = draws.khat_rows(LABELS, exact, torch.zeros(2, 2, 4000))
    assert value(rows, seed=0, observation=0) == -math.inf
    assert value(rows, seed=1, observation=0) == pytest.approx(0.2, abs=0.2)
    assert value(rows, seed=1, observation=1) == pytest.approx(1.2, abs=0.3)
    assert len(select(rows, metric="khat", method="jana_true_likelihood", draws=4000)) == 4
    flat = draws.khat_rows(LABELS, exact, exact)  # it is their ratio that counts
    assert all(row["value"] == -math.inf for row in flat)


def test_refined_draws_have_a_khat_per_observation_and_a_share_per_seed():
    khat = torch.tensor([[0.1, 0.9, 0.2, 0.3], [0.5, 0.6, 0.8, 0.75]])
    rows = draws.refined_rows(LABELS, khat, torch.tensor([[1, 0, 1, 1], [1, 1, 0, 0]]))
    assert value(rows, metric="refined", seed=0) == 0.75
    assert value(rows, metric="refined", seed=1) == 0.5
    assert value(rows, metric="khat", seed=0, observation=1) == pytest.approx(0.9)
    assert len(select(rows, method="jana_refined")) == len(rows) == 10


def test_the_share_of_refined_is_taken_as_it_stands_in_the_file():
    """`refined_chosen` is written, and read, as whole numbers."""
    rows = draws.refined_rows(LABELS, torch.zeros(1, 2), torch.tensor([[1, 0]]).int())
    assert value(rows, metric="refined") == 0.5


@pytest.fixture
def answered(rng):
    """Two members: exact draws, and draws too narrow; refined ones are exact."""
    x = TASK.draw(rng, 3).x
    first, direct, refined = (TASK.exact.sample(rng, x, 200) for _ in range(3))
    narrow = x[:, None] / 2 + 0.3 * (direct - x[:, None] / 2)
    many = x[:, None].expand_as(direct)
    log_density = TASK.exact.log_posterior(direct, many)
    log_narrow = log_density - 10 * math.log(0.3)
    ours = torch.stack([direct, narrow]), torch.stack([log_density, log_narrow])
    return x, first, (*ours, torch.stack([refined, refined]))


def test_exact_rows_judge_direct_and_refined_draws_of_every_seed(answered, rng):
    x, first, ours = answered
    rows = draws.exact_rows(rng, LABELS, TASK, x, (first,), ours)
    methods = {"jana": 2, "jana_refined": 2}
    for method, metrics in methods.items():
        assert len(select(rows, method=method)) == 2 * 3 * metrics
    p = {
        (method, seed): max(
            row["value"] for row in select(rows, metric="mmd_pvalue", method=method, seed=seed)
        )
        for method in methods
        for seed in range(2)
    }
    assert p["jana", 1] < 0.01 and min(p[k] for k in p if k != ("jana", 1)) > 0.05
    khats = select(rows, metric="khat", method="jana_true_likelihood")
    assert all(row["value"] == -math.inf for row in select(khats, seed=0))
    assert all(row["value"] > 0.7 for row in select(khats, seed=1)) and len(khats) == 6


def test_without_exact_draws_the_exact_likelihood_still_judges(answered, rng):
    x, _, ours = answered
    rows = draws.exact_rows(rng, LABELS, TASK, x, None, ours)
    assert {(row["metric"], row["method"]) for row in rows} == {("khat", "jana_true_likelihood")}


def test_without_draws_and_likelihood_there_is_nothing_to_compare_with(answered, rng):
    x, _, ours = answered
    bare = replace(TASK, exact=None, log_likelihood=None)
    assert draws.exact_rows(rng, LABELS, bare, x, None, ours) == []


def test_what_is_compared_are_the_first_observations_and_coordinates(rng):
    exact, ours = torch.randn(2, 5, 20, 12, generator=rng)
    real, fake = torch.randn(2, 5, 20, 4, 3, generator=rng)
    found = draws.compared(2, ((exact,), ours), (real, fake))
    assert list(found) == ["surrogate", "posterior"]
    assert torch.equal(found["posterior"][0], exact[:2, :, :COORDINATES])
    assert torch.equal(found["posterior"][1], ours[:2, :, :COORDINATES])
    assert torch.equal(found["surrogate"][0], real[:2].flatten(2)[..., :COORDINATES])
    assert torch.equal(found["surrogate"][1], fake[:2].flatten(2)[..., :COORDINATES])


def test_without_exact_draws_the_surrogate_alone_is_compared(rng):
    exact, ours = torch.randn(2, 5, 20, 2, generator=rng)
    assert list(draws.compared(2, (None, ours), (exact, ours))) == ["surrogate"]


def test_each_kind_has_a_band_for_its_own_number_of_draws(rng):
    """1,000 draws of the one and 100 of the other: a band about three times as wide."""
    many, few = (torch.randn(2, 2, n, 3, generator=rng) for n in (1000, 100))
    pairs = {"posterior": tuple(many), "surrogate": tuple(few)}
    found = {name: values for name, (_, values) in draws.coordinates(rng, pairs, 0.95).items()}
    wide = {}
    for kind, pair in pairs.items():
        assert found[kind].shape[:2] == (2, 3)
        lower, upper = (found[f"{kind}_{edge}"] for edge in ("lower", "upper"))
        assert found[kind].shape[2] == len(lower) == len(found[f"{kind}_shares"])
        inside = (found[kind] >= lower - 1e-6) & (found[kind] <= upper + 1e-6)
        assert inside.all() and len(pair[0]) == 2
        wide[kind] = float((upper - lower).max())
    assert 2 < wide["surrogate"] / wide["posterior"] < 5

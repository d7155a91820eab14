"""Our method behind the protocol, and SNPLA on our flows."""

import pytest
import torch
from designs import entries
from entries import ENTRIES, TASK, fitted, jana

from jana.baselines import pair
from jana.rng import generator


def densities(found):
    pairs = TASK.draw(generator(9), 50)
    return torch.stack([found.densities[part](*pairs) for part in ("posterior", "likelihood")])


def test_our_draws_keep_to_the_prior_and_cost_the_budget():
    found, task = fitted(jana(entries()), "jana")
    assert task.used == 200 and found.amortized and set(found.notes) == {"epochs", "pooling"}
    for name in ("jana", "jana_refined"):
        drawn = found.posteriors[name](generator(3), torch.zeros(2), 50)
        assert (drawn.refined is None) == (name == "jana")
        assert drawn.outside == 0 and TASK.prior.log_prob(drawn.theta).isfinite().all()


def test_draws_of_a_network_without_bounds_keep_to_the_prior_too():
    """Where weights are not to be trusted, as far from all data, refined draws are direct ones."""
    free = {"posterior": {"bounded": False}, "likelihood": {"bounded": False}}
    found, _ = fitted(jana(entries()), "jana", design=free, proposals=2)
    for name in ("jana", "jana_refined"):
        drawn = found.posteriors[name](generator(3), torch.tensor([-2.0, 3.0]), 500)
        assert drawn.outside > 0 and TASK.prior.log_prob(drawn.theta).isfinite().all()
    assert drawn.refined is False


def test_joint_and_separate_training_differ_by_the_clipping_norm_alone():
    """With a norm that clips nothing they are one; with a small one they are not."""
    gaps = []
    for clip in (1e6, 0.1):
        how = {"surrogate": 0.0, "patience": None, "clip": clip}
        both = (fitted(jana(entries(), together=t, **how), "jana")[0] for t in (True, False))
        joint, separate = (densities(one) for one in both)
        gaps.append(float((joint - separate).abs().max()))
    assert gaps[0] < 1e-4 < 1e-3 < gaps[1]


def test_without_validation_all_of_the_budget_is_learned_from():
    how = {"validation": 0.0, "patience": None, "surrogate": 0.0}
    found, task = fitted(jana(entries(), **how), "jana")
    assert task.used == 200 and "pooling" not in found.notes  # not chosen


def test_snplas_steps_are_counted_and_few_with_the_papers_batches():
    """25 epochs in batches of twice a round, ten rounds: 750 steps there; a fifth of the epochs."""
    steps = {"epochs": 5, "batch": 200}
    once = {"epochs": 1, "batch": 20}
    changes = {"likelihood": steps, "hot": once, "posterior": once, "steps": 3}
    found, task = fitted(ENTRIES["snpla"], "snpla", budget=1000, **changes)
    steps = {"likelihood_updates": 150.0, "posterior_updates": 30.0, "hot_updates": 5.0}
    assert found.notes == steps | {"skipped": 0.0} and task.used == 1000
    assert set(found.densities) == {"likelihood"}  # the posterior's is right at x alone


def test_snplas_steps_that_are_not_finite_are_no_steps_and_many_an_error(monkeypatch):
    monkeypatch.setattr("torch.nn.utils.clip_grad_norm_", lambda *_: torch.tensor(torch.nan))
    with pytest.raises(ValueError, match="nearly all steps need finite losses"):
        fitted(ENTRIES["snpla"], "snpla")


@pytest.mark.heavy
def test_snplas_posterior_matches_its_likelihood_network(monkeypatch):
    """Not the exact posterior: prior * likelihood network.

    With splines, which part the moons well: affine couplings leave a bridge between them.
    """
    how = {"epochs": 60, "batch": 50, "patience": 20}
    large = {"warps": "SSS", "nets": {"S": {"hidden": [50], "bins": 8}}}
    changes = {"per_round": 1000, "likelihood": how, "hot": how, "flow": large}
    changes |= {"posterior": {"epochs": 60, "batch": 500}, "steps": 20}
    known, densities = [], pair.densities
    monkeypatch.setattr(pair, "densities", lambda model: known.append(densities(model)) or known[0])
    found, _ = fitted(ENTRIES["snpla"], "snpla", budget=2000, **changes)
    x = torch.zeros(1000, 2)
    theta = found.posteriors["snpla"](generator(3), x[0], 1000).theta
    off = known[0]["posterior"](theta, x) - known[0]["likelihood"](theta, x)
    assert off.std() < 0.8

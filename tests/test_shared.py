"""A likelihood of the summary: which weights learn from what, and what it has none of."""

from dataclasses import replace

import pytest
import torch
from designs import design, flow_settings

from jana import simulators
from jana.designs import SummarySettings
from jana.flows.flow import Flow
from jana.inference import draws, refine, surrogate
from jana.joint import Joint
from jana.recipes import build_joint, generators
from jana.rng import generator
from jana.shared import BLUR, SharedSummary
from jana.training import fit
from jana.training.losses import Trials, nll, normal_mmd2

SEEDS, TASK = [1, 2], simulators.get("gaussian_iid")
FREE = flow_settings(start="none")
SETTINGS = replace(
    design(),
    posterior=FREE,
    likelihood=FREE,
    shared=True,
    summary=SummarySettings((8, 8), 3, "published"),
)


def pair(settings=SETTINGS, seeds=SEEDS, **training) -> Joint:
    settings = replace(settings, training=replace(settings.training, **training))
    return build_joint(settings, TASK, (20, 1), seeds)


@pytest.fixture
def rows():
    return pair().shared(*TASK.draw(generator(3), 30))


def gradients(model, name, rows):
    """The largest gradient of the summary's weights, and of the likelihood's, of one loss."""
    model.train()
    for masks in model.masks().values():
        masks.rngs = generators(SEEDS, "masks")
    torch.nn.init.normal_(model.likelihood.project.weight, std=0.3, generator=generator(1))
    nll(model, *rows, None, (name,))[name].sum().backward()
    return [
        max((float(w.grad.abs().max()) for w in part.parameters() if w.grad is not None), default=0)
        for part in (model.summary, model.likelihood)
    ]


def test_the_likelihood_flow_is_one_of_the_summarys_features(rows):
    model = pair()
    assert isinstance(model, SharedSummary) and type(model.likelihood) is Flow
    assert model.likelihood.dim == model.summary.size == 3
    direct = model.likelihood.log_prob(model.summary(rows[1]), rows[0])
    torch.testing.assert_close(model.eval().log_likelihood(*rows), direct)


@pytest.mark.parametrize("together", [False, True], ids=["separately", "jointly"])
def test_the_summary_learns_from_the_likelihoods_loss_only_if_trained_jointly(rows, together):
    summary, likelihood = gradients(pair(together=together), "likelihood", rows)
    assert likelihood > 0 and (summary > 0) == together


def test_the_summary_always_learns_from_the_posteriors_loss(rows):
    summary, likelihood = gradients(pair(), "posterior", rows)
    assert summary > 0 and likelihood == 0


def test_features_are_blurred_in_training_alone(rows):
    """An untrained flow of features at 0 is a normal density: its mean falls by BLUR^2 / 2 each."""
    model, features = pair(), torch.zeros(2, 4000, 3)
    theta = torch.zeros(2, 4000, 2)
    model.likelihood.masks.rngs = generators(SEEDS, "noise")
    sharp = model.eval().log_likelihood_of_features(theta, features)
    blurred = model.train().log_likelihood_of_features(theta, features)
    assert sharp.detach().std() < 1e-5 and not torch.equal(blurred[0], blurred[1])
    fall = (sharp - blurred).mean(1) / (3 * BLUR**2 / 2)
    assert fall.tolist() == pytest.approx([1, 1], abs=0.06)  # 5 standard errors


def test_a_data_set_is_summarised_once_for_all_draws_of_its_posterior(rows):
    model = pair().eval().requires_grad_(False)
    found = draws.posterior_draws(model, generators(SEEDS, "a"), rows[1], 30)
    fast = surrogate.log_likelihood_of_draws(model, found.draws, rows[1])
    slow = [model.log_likelihood(one, rows[1]) for one in found.draws.unbind(2)]
    torch.testing.assert_close(fast, torch.stack(slow, 2))
    marginal, _ = refine.evidence(model, TASK.prior.log_prob, found, rows[1])
    assert marginal.value.shape == (2, 30) and marginal.value.isfinite().all()


def test_it_has_no_likelihood_of_a_trial_and_makes_no_data(rows):
    model = pair()
    with pytest.raises(ValueError, match="a trial's likelihood needs a likelihood network of the"):
        model.log_likelihood_of_trials(*rows)
    with pytest.raises(ValueError, match="surrogate data need a likelihood network of the data"):
        model.surrogate(generators(SEEDS, "a"), *rows)


COUNTED = SummarySettings((8, 8), 3, "published", count=True)


@pytest.mark.parametrize(
    "summary", [None, SummarySettings((8,), 3), COUNTED], ids=["none", "our own", "with a count"]
)
def test_a_summary_that_cannot_be_shared_is_refused(summary):
    task = TASK if summary else simulators.get("two_moons")
    with pytest.raises(ValueError, match="needs a summary network all of whose features are"):
        build_joint(replace(SETTINGS, summary=summary), task, (20, 1) if summary else (2,), SEEDS)


def test_members_do_not_see_each_other(rows):
    alone = pair(seeds=SEEDS[1:]).eval()
    both, one = nll(pair().eval(), *rows), nll(alone, *(part[1:] for part in rows))
    for name in ("posterior", "likelihood"):
        torch.testing.assert_close(both[name][1:], one[name])


def test_both_networks_see_the_trials_of_the_posterior(rows):
    model = pair().eval()
    few = nll(model, *rows, Trials(torch.arange(5), torch.arange(2)))
    torch.testing.assert_close(few, nll(model, rows[0], rows[1][:, :, :5]))


def test_it_trains_and_its_features_come_near_a_standard_normal():
    """MMD falls to a quarter, and what the likelihood knows of the parameters beats the prior."""
    settings = replace(SETTINGS, training=replace(SETTINGS.training, epochs=15, together=True))
    model, pairs = pair(settings, SEEDS[:1]), tuple(TASK.draw(generator(5), 600))
    data = fit.split(pairs, settings.training, pairs)
    before = float(normal_mmd2(model.context(data[1][1][None])))
    state = fit.begin(model, data[0], settings.training)
    course = fit.Course(data, settings.training, TASK.prior.sample)
    for _ in fit.epochs(model, state, nll, course, SEEDS[:1]):
        pass
    model.requires_grad_(False)
    theta, x = model.shared(*TASK.draw(generator(6), 200))
    assert float(normal_mmd2(model.context(x)) / before) < 0.25
    found = draws.posterior_draws(model, generators(SEEDS[:1], "b"), x, 100)
    marginal, _ = refine.evidence(model, TASK.prior.log_prob, found, x)
    gain = surrogate.log_likelihood(model, theta, x).double() - marginal.value
    assert float(gain.mean()) > 0.5

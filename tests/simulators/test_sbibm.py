"""Our simulators beside sbibm's files: observations, true parameters, reference posteriors."""

import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torch._utils import _rebuild_tensor_v2

from jana import catalogue, simulators
from jana.rng import generator
from jana.simulators import bernoulli_glm_raw_sbibm, sbibm, slcp_distractors_sbibm, spikes

TASKS = [name for name in catalogue.names() if catalogue.has(name, "reference")]


@pytest.fixture(scope="module", params=TASKS)
def task(request):
    """A simulator, its log likelihood (up to a constant in theta) and its references."""
    simulator = simulators.get(request.param)
    log_likelihood = simulator.log_likelihood or simulator.relative_log_likelihood
    reference = simulator.reference
    return simulator, log_likelihood, reference.observed(), reference.theta(), reference.draws()


def test_there_are_ten_tasks_with_references():
    assert len(TASKS) == 10 and sum(name.endswith("_sbibm") for name in TASKS) == 7


def test_shapes_are_those_of_the_simulator(task, rng):
    simulator, _, observed, theta, draws = task
    one = simulator.draw(rng, 10)
    assert observed.shape == one.x.shape and theta.shape == one.theta.shape
    assert draws.shape == (10, 10_000, theta.shape[1])
    assert simulator.prior.log_prob(draws).isfinite().all()


def test_observations_are_likely_draws_at_the_true_parameters(task):
    """The sum of their log likelihoods, among those of fresh draws (false alarms: 1 in 100).

    One alone may be unlikely: sbibm's tenth of SIR has fewer than one draw in 2,000 below it.
    """
    simulator, log_likelihood, observed, theta, _ = task
    many = simulator.simulate(generator(3), theta.repeat(400, 1)).unflatten(0, (400, 10))
    scores = log_likelihood(theta.double(), many.double()).sum(1)
    own = log_likelihood(theta.double(), observed.double()).sum()
    assert 0.005 < float((scores <= own).float().mean()) < 0.995


def test_reference_draws_score_better_than_perturbed_ones(task):
    """Moved by half a posterior deviation in one direction, or spread by half."""
    simulator, log_likelihood, observed, _, draws = task
    rng = generator(4)
    draws = draws[:, :1000].double()

    def score(theta):
        inside = theta.clamp(simulator.prior.low.double() + 1e-9, simulator.prior.high.double())
        found = log_likelihood(inside, observed[:, None].double())
        return (found + simulator.prior.log_prob(inside)).clamp(min=-1e4).mean(1)

    spread = draws.std(1, keepdim=True)
    way = torch.randn(draws.shape[2], generator=rng).sign()
    wide = draws + 0.5 * spread * torch.randn(draws.shape, generator=rng)
    for other in (draws + 0.5 * spread * way, wide):
        assert (score(draws) > score(other)).all()


def test_the_sums_of_the_raw_observations_are_the_others():
    sums = spikes.sums(bernoulli_glm_raw_sbibm.observed())
    torch.testing.assert_close(sums, sbibm.observations("bernoulli_glm"), rtol=1e-4, atol=1e-4)


ADMITTED = {
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor_v2,
    ("collections", "OrderedDict"): OrderedDict,
    ("torch", "FloatStorage"): torch.FloatStorage,
    ("torch", "DoubleStorage"): torch.DoubleStorage,
}
RECORDS = {
    "pyro.distributions.torch": ("Independent", "MixtureSameFamily", "Categorical", "Chi2"),
    "pyro.distributions.multivariate_studentt": ("MultivariateStudentT",),
    "torch": ("Size",),
}


class Numbers(pickle.Unpickler):
    """Admits tensors; what else sbibm's mixture is made of becomes a plain record."""

    def find_class(self, module, name):
        if (module, name) in ADMITTED:
            return ADMITTED[module, name]
        if name in RECORDS.get(module, ()):
            return type(name, (), {"__init__": lambda self, *args: None})
        raise pickle.UnpicklingError(f"{module}.{name} is not admitted")


class Pickled:
    """What torch.load asks of a pickle module."""

    Unpickler = Numbers
    __name__ = "numbers"

    @staticmethod
    def load(file, **options):
        return Numbers(file, **options).load()


def test_the_distractors_are_sbibms():
    stored = torch.load(sbibm.file("slcp", "gmm.torch"), pickle_module=Pickled, weights_only=False)
    components = stored._component_distribution.base_dist
    ours = slcp_distractors_sbibm.mixture()
    torch.testing.assert_close(ours.mean.float(), components.loc.float(), rtol=0, atol=0)
    root = components._unbroadcasted_scale_tril
    torch.testing.assert_close(ours.root.float(), root.float(), rtol=0, atol=0)
    assert (components.df == 2).all()
    weights = stored._mixture_distribution.probs
    torch.testing.assert_close(weights, torch.full((20,), 1 / 20))
    order = torch.load(sbibm.file("slcp", "permutation_idx.torch"), weights_only=True)
    assert torch.equal(ours.order, order)


def test_the_points_stand_where_sbibm_has_them():
    observed = slcp_distractors_sbibm.simulator.reference.observed()
    order = slcp_distractors_sbibm.mixture().order
    assert torch.equal(observed[:, order.argsort()][:, :8], sbibm.observations("slcp"))


def test_distractors_have_the_mixtures_quantiles():
    """Each coordinate's distribution, against draws made in another way (1 in 1,000 each)."""
    mean, root, order = slcp_distractors_sbibm.mixture()
    theta = slcp_distractors_sbibm.simulator.prior.sample(generator(1), 4000)
    ours = slcp_distractors_sbibm.simulate(generator(2), theta)[:, order.argsort()][:, 8:]
    rng = np.random.default_rng(3)
    component = rng.integers(20, size=4000)
    z = rng.standard_t(2, size=4000)  # of one coordinate: Student-t with the row's length as scale
    for at in (0, 1, 40, 91):
        scale = root[:, at].norm(dim=1).numpy()[component]
        theirs = mean[:, at].numpy()[component] + scale * z
        assert ks_2samp(ours[:, at].numpy(), theirs).pvalue > 1e-3


def test_what_is_not_there_is_said(monkeypatch):
    with pytest.raises(FileNotFoundError, match="but it is not there: install it"):
        sbibm.file("slcp", "no such file")
    monkeypatch.setattr(sbibm, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="need the package sbibm"):
        sbibm.file("slcp", "gmm.torch")

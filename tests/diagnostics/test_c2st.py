"""C2ST: a half for equal samples, the known optimum for unequal ones, and scikit-learn's values."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from torch.nn.functional import binary_cross_entropy_with_logits

from jana.diagnostics.c2st import (
    BATCH,
    RATE,
    _epoch,
    _folds,
    _gradient,
    _logits,
    _parts,
    _start,
    c2st,
)
from jana.rng import generator

FLOOR_ERROR = 0.5 / math.sqrt(2000)


def samples(seed, shift, sets=4, dim=2, n=1000):
    first, second = torch.randn(2, sets, n, dim, generator=generator(seed))
    second[..., 0] += shift
    return first, second


def sklearns(reference, draws):
    """sbibm 1.1's test, observation by observation."""
    found = []
    for first, second in zip(reference.numpy(), draws.numpy(), strict=True):
        mean, sd = first.mean(0), first.std(0, ddof=1)
        data = np.concatenate([(first - mean) / sd, (second - mean) / sd])
        labels = np.repeat([0, 1], len(first))
        width = 10 * first.shape[1]
        classifier = MLPClassifier(
            activation="relu",
            hidden_layer_sizes=(width, width),
            max_iter=10_000,
            solver="adam",
            random_state=1,
        )
        folds = KFold(n_splits=5, shuffle=True, random_state=1)
        found.append(cross_val_score(classifier, data, labels, cv=folds).mean())
    return np.array(found)


def classifiers(rng, n, dim=3):
    """Two of them, n rows for each, and their labels."""
    x = torch.randn(2, n, dim, generator=rng).double()
    return _start(rng, 2, dim).double(), x, torch.randint(2, (2, n), generator=rng).double()


def cross_entropy(weights, x, y):
    return binary_cross_entropy_with_logits(_logits(weights, x), y, reduction="none").mean(1)


def test_the_gradient_is_autograds(rng):
    weights, x, y = classifiers(rng, 50)
    found = torch.full_like(weights, torch.nan)
    logits = _gradient(_parts(weights, 3), _parts(found, 3), x, y)
    leaf = weights.clone().requires_grad_()
    (expected,) = torch.autograd.grad(cross_entropy(leaf, x, y).sum(), leaf)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(logits, _logits(weights, x))


def test_an_epoch_is_torchs_adam_with_weight_decay(rng, monkeypatch):
    """Weights and mean loss, two epochs long, the last batch not full; a strong decay shows."""
    monkeypatch.setattr("jana.diagnostics.c2st.DECAY", decay := 10.0)
    monkeypatch.setattr(
        "jana.diagnostics.c2st.EPSILON", epsilon := 1e-30
    )  # torch puts it elsewhere
    weights, x, y = classifiers(rng, 2 * BATCH + 50)
    state = torch.stack([weights, torch.zeros_like(weights), torch.zeros_like(weights)])
    leaf = weights.clone().requires_grad_()
    adam = torch.optim.Adam([leaf], lr=RATE, eps=epsilon)
    for epoch in range(2):
        total = 0
        for rows, labels in zip(x.split(BATCH, 1), y.split(BATCH, 1), strict=True):
            squares = sum(part.square().sum((1, 2)) for part in _parts(leaf, 3)[:3])
            n = labels.shape[1]
            loss = cross_entropy(leaf, rows, labels) + 0.5 * decay * squares / n
            adam.zero_grad()
            loss.sum().backward()
            adam.step()
            total = total + n * loss.detach()
        torch.testing.assert_close(_epoch(state, x, y, epoch), total / x.shape[1])
    torch.testing.assert_close(state[0], leaf.detach())


def test_equal_distributions_are_at_the_floor():
    """The mean of 8 observations, within 4 standard errors of a coin's."""
    assert abs(float(c2st(*samples(0, 0.0, sets=8)).mean()) - 0.5) < 4 * FLOOR_ERROR / math.sqrt(8)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_a_shifted_normal_is_told_apart_as_well_as_can_be(shift):
    found = float(c2st(*samples(1, shift)).mean())
    assert found == pytest.approx(norm.cdf(shift / 2), abs=0.02)


@pytest.mark.parametrize("shift", [0.0, 1.0, 3.3])  # from .50 to .95
def test_the_values_are_scikit_learns(shift):
    """On the same folds; the mean difference of 4 observations within 3 floor errors of each."""
    pair = samples(2, shift)
    gap = c2st(*pair).numpy() - sklearns(*pair)
    assert abs(gap.mean()) < 3 * FLOOR_ERROR / 2 and (abs(gap) < 4 * FLOOR_ERROR).all()


@pytest.mark.heavy
def test_in_five_dimensions_too():
    pair = samples(3, 1.0, sets=1, dim=5, n=500)
    assert (abs(c2st(*pair).numpy() - sklearns(*pair)) < 4 * math.sqrt(2) * FLOOR_ERROR).all()


def test_observations_do_not_depend_on_each_other():
    first, second = samples(4, 0.5)
    other = second.clone()
    other[1:] += 3
    alone = c2st(first[:1], second[:1])
    assert torch.equal(c2st(first, second)[:1], alone)
    assert torch.equal(c2st(first, other)[:1], alone)


def test_a_nan_is_refused():
    first, second = samples(4, 0.5, sets=1, n=50)
    second[0, 3, 1] = float("nan")
    with pytest.raises(ValueError, match="finite draws"):
        c2st(first, second)


def test_one_mode_of_two_is_noticed(rng):
    signs = 2.0 * torch.randint(2, (1, 1000, 1), generator=rng) - 1
    both = 3 * signs + torch.randn(1, 1000, 2, generator=rng)
    one = 3 + torch.randn(1, 1000, 2, generator=rng)
    assert float(c2st(both, one)) > 0.7


def test_scale_does_not_matter():
    first, second = samples(5, 1.0, sets=1)
    scale = torch.tensor([1e-3, 1e3])
    scaled = c2st(first * scale, second * scale)
    assert abs(float(scaled - c2st(first, second))) < 2 * FLOOR_ERROR


def test_the_same_samples_give_the_same_value():
    pair = samples(6, 0.5, sets=2)
    assert torch.equal(c2st(*pair), c2st(*pair))


def test_the_folds_are_scikit_learns():
    learn, hold = _folds(43)
    splits = KFold(5, shuffle=True, random_state=1).split(torch.empty(40))
    for ours, theirs in zip(zip(learn, hold, strict=True), splits, strict=True):
        assert all((a.numpy() == b).all() for a, b in zip(ours, theirs, strict=True))

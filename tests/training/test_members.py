"""Parts: flat weights that are the module's own, one Adam per member."""

import math

import pytest
import torch

from jana.networks.mlp import Linear, hidden_weights
from jana.rng import generator
from jana.training.members import Pace, Part, pace, using

BETAS = 0.9, 0.999


def part_and_module(members=2, epsilon=1e-8):
    rngs = [generator(seed) for seed in range(members)]
    module = Linear(hidden_weights(rngs, 3, 2, "kaiming"))
    return Part(module, epsilon, {}), module


def test_the_modules_parameters_are_views_of_the_weights():
    part, module = part_and_module()
    part.weights.fill_(7.0)
    assert (module.weight == 7).all() and (module.bias == 7).all()
    module.weight.grad.fill_(1.0)
    assert part.gradient.sum() == module.weight.numel()


@pytest.mark.parametrize("whole", [False, True])
def test_a_step_is_adams_with_each_members_gradient_clipped(rng, whole):
    """Against torch's own clipping and Adam, member by member, over several steps.

    By torch's kernel, or all members at once, as on a GPU.
    """
    part, module = part_and_module(epsilon=1e-12)  # where the constant stands does not show
    part.optimizers = [] if whole else part.optimizers
    x = torch.randn(5, 2, 4, 3, generator=rng)
    theirs = [torch.nn.Parameter(row.clone()) for row in part.weights]
    adams = [torch.optim.Adam([row], lr=0.01, eps=1e-12) for row in theirs]
    for index, rows in enumerate(x):
        loss = (module(rows) ** 2).sum((1, 2))
        loss.sum().backward()
        gradients = part.gradient.clone()
        part.step(loss, pace(0.01, part.epsilon, index), 0.5)
        for row, adam, gradient in zip(theirs, adams, gradients, strict=True):
            row.grad = gradient
            torch.nn.utils.clip_grad_norm_([row], 0.5)
            adam.step()
    torch.testing.assert_close(part.weights, torch.stack([row.detach() for row in theirs]))
    assert (part.gradient == 0).all()


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("epsilon", [1e-7, 0.1])
def test_a_step_is_keras_formula_by_hand(epsilon, whole, rng):
    """lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon), at t = 1, 2, 3.

    torch's own has the constant beside the corrected root: with 0.1 it would be far off.
    """
    part, _ = part_and_module(epsilon=epsilon)
    part.optimizers = [] if whole else part.optimizers
    weights = part.weights.clone().double()
    m, v = torch.zeros_like(weights), torch.zeros_like(weights)
    for t in (1, 2, 3):
        gradient = torch.randn(weights.shape, generator=rng)
        part.gradient.copy_(gradient)
        part.step(torch.zeros(2), pace(0.01, epsilon, t - 1), clip=math.inf)
        m = BETAS[0] * m + (1 - BETAS[0]) * gradient
        v = BETAS[1] * v + (1 - BETAS[1]) * gradient.double().square()
        speed = 0.01 * math.sqrt(1 - BETAS[1] ** t) / (1 - BETAS[0] ** t)
        weights -= speed * m / (v.sqrt() + epsilon)
        torch.testing.assert_close(part.weights.double(), weights, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("whole", [False, True])
def test_a_member_that_is_not_finite_is_left_as_it_is(rng, whole):
    part, _ = part_and_module(3)
    part.optimizers = [] if whole else part.optimizers
    before = part.weights.clone()
    part.gradient.normal_(generator=rng)
    part.gradient[0, 2] = math.nan
    skipped = part.step(torch.tensor([1.0, math.inf, 1.0]), Pace(0.1, 1e-8), 1.0)
    assert skipped.tolist() == [True, True, False]
    assert torch.equal(part.weights[:2], before[:2])
    assert not torch.equal(part.weights[2], before[2])
    assert part.taken.tolist() == [0, 0, 1] and part.first.isfinite().all()


def test_the_average_is_a_running_one():
    part, _ = part_and_module()
    before, part.weights[:] = part.average.clone(), 1.0
    part.follow(0.75)
    torch.testing.assert_close(part.average, 0.75 * before + 0.25)


def test_within_using_the_parts_compute_with_other_weights_and_come_back():
    part, module = part_and_module()
    before = part.weights.clone()
    part.average.zero_()
    with using({("part",): part}, "average"):
        assert (module.weight == 0).all()
    assert torch.equal(part.weights, before)


LOSSES = [[3.0, 3.0], [2.0, 4.0], [2.5, 4.0], [1.0, 1.0]]


def judged(patience):
    part, _ = part_and_module()
    for epoch, losses in enumerate(LOSSES):
        part.average.fill_(float(epoch))
        part.judge(torch.tensor(losses), epoch, patience)
    return part


def test_judging_keeps_the_best_as_long_as_patience_lasts():
    assert judged(3).best_epoch.tolist() == [3, 3]


def test_judging_stops_a_member_whose_patience_runs_out():
    part = judged(2)
    assert part.best_epoch.tolist() == [3, 0] and part.running.tolist() == [True, False]
    assert part.best[1].unique().tolist() == [0.0] and part.best_loss.tolist() == [1.0, 3.0]


def test_without_patience_the_last_epoch_is_kept_and_nobody_stops():
    part, _ = part_and_module()
    for epoch, losses in enumerate(LOSSES[:3]):  # the last is the best of neither
        part.average.fill_(float(epoch))
        part.judge(torch.tensor(losses), epoch, None)
    assert part.best_epoch.tolist() == [2, 2] and part.best_loss.tolist() == [2.5, 4.0]
    assert part.best.unique().tolist() == [2.0] and part.running.all()


def test_a_nan_is_no_improvement():
    part, _ = part_and_module()
    part.judge(torch.tensor([1.0, float("nan")]), 0, patience=5)
    assert part.best_loss.tolist() == [1.0, float("inf")]

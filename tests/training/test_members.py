"""Parts: flat weights that are the module's own, one Adam per member."""

import torch

from jana.networks.mlp import Linear
from jana.rng import generator
from jana.training.members import Part, using


def part_and_module(members=2):
    module = Linear([generator(seed) for seed in range(members)], 3, 2)
    return Part(module), module


def test_the_modules_parameters_are_views_of_the_weights():
    part, module = part_and_module()
    part.weights.fill_(7.0)
    assert (module.weight == 7).all() and (module.bias == 7).all()
    module.weight.grad.fill_(1.0)
    assert part.gradient.sum() == module.weight.numel()


def test_a_step_is_adams_with_each_members_gradient_clipped(rng):
    """Against torch's own clipping and Adam, member by member, over several steps."""
    part, module = part_and_module()
    x = torch.randn(5, 2, 4, 3, generator=rng)
    theirs = [torch.nn.Parameter(row.clone()) for row in part.weights]
    adams = [torch.optim.Adam([row], lr=0.01) for row in theirs]
    for rows in x:
        loss = (module(rows) ** 2).sum((1, 2))
        loss.sum().backward()
        gradients = part.gradient.clone()
        part.step(loss, 0.01, 0.5)
        for row, adam, gradient in zip(theirs, adams, gradients, strict=True):
            row.grad = gradient
            torch.nn.utils.clip_grad_norm_([row], 0.5)
            adam.step()
    torch.testing.assert_close(part.weights, torch.stack([row.detach() for row in theirs]))
    assert (part.gradient == 0).all()


def test_the_average_is_a_running_one():
    part, _ = part_and_module()
    before, part.weights[:] = part.average.clone(), 1.0
    part.follow(0.75)
    torch.testing.assert_close(part.average, 0.75 * before + 0.25)


def test_within_using_the_parts_compute_with_other_weights_and_come_back():
    part, module = part_and_module()
    before = part.weights.clone()
    part.average.zero_()
    with using({"part": part}, "average"):
        assert (module.weight == 0).all()
    assert torch.equal(part.weights, before)


def test_judging_keeps_the_best_until_patience_runs_out():
    part, _ = part_and_module()
    for epoch, losses in enumerate([[3.0, 3.0], [2.0, 4.0], [2.5, 4.0], [1.0, 1.0]]):
        part.average.fill_(float(epoch))
        part.judge(torch.tensor(losses), epoch, patience=3)
    assert part.best_epoch.tolist() == [3, 3]
    part, _ = part_and_module()
    for epoch, losses in enumerate([[3.0, 3.0], [2.0, 4.0], [2.5, 4.0], [1.0, 1.0]]):
        part.average.fill_(float(epoch))
        part.judge(torch.tensor(losses), epoch, patience=2)
    assert part.best_epoch.tolist() == [3, 0] and part.running.tolist() == [True, False]
    assert part.best[1].unique().tolist() == [0.0]


def test_a_nan_is_no_improvement():
    part, _ = part_and_module()
    part.judge(torch.tensor([1.0, float("nan")]), 0, patience=5)
    assert part.best_loss.tolist() == [1.0, float("inf")]

"""The course of a series by its parameters: a start by regression, and growth that is summed."""

import torch

from jana.flows.course import RATE, Course
from jana.flows.ridge import BEYOND, LARGEST
from jana.networks.mlp import Style
from jana.rng import generator


def course(members=1, size=2):
    rngs = [generator(seed) for seed in range(members)]
    return Course(rngs, 3, 5, size, 6, Style((8,)))


def test_it_starts_as_the_regression_of_what_is_positive(rng):
    known = torch.randn(4000, 5, generator=rng)
    log = 2 * known[:, 0] - known[:, 3] + 1
    x = torch.stack([log.exp(), torch.zeros(4000)], -1)  # the second is never positive
    x[::3, 0] = 0
    found = course(members=2)
    found.set_from(x, known)
    made, states = found(torch.randn(2, 10, 3), known[:70].view(1, 10, 7, 5).expand(2, -1, -1, -1))
    assert states.shape == (2, 10, 7, 6)
    torch.testing.assert_close(made[1, :, :, 0].flatten(), log[:70], atol=0.01, rtol=0)
    assert not made[..., 1].any()


def test_growth_is_summed_over_the_steps_and_none_looks_ahead(rng):
    found = course(size=1)
    with torch.no_grad():
        found.rate.bias.fill_(1.0)
    told, known = torch.randn(1, 4, 3), torch.randn(1, 4, 9, 5)
    made, _ = found(told, known)
    steps = RATE * torch.arange(1.0, 10)
    torch.testing.assert_close(made[0, :, :, 0], steps.expand(4, 9))
    with torch.no_grad():
        found.rate.weight.fill_(0.3)
    later = known.clone()
    later[:, :, 5:] += 1
    first, second = found(told, known)[0], found(told, later)[0]
    assert torch.equal(first[:, :, :5], second[:, :, :5])
    assert not torch.equal(first[:, :, 5:], second[:, :, 5:])


def test_a_course_that_runs_away_stays_a_number():
    found = course()
    with torch.no_grad():
        found.rate.bias.copy_(torch.tensor([1e6, -1e6]).expand(1, 1, 2))
    made, _ = found(torch.zeros(1, 2, 3), torch.zeros(1, 2, 9, 5))
    assert (made[..., 0] == LARGEST).all() and (made[..., 1] == -LARGEST).all()


def test_no_course_is_far_above_what_was_seen(rng):
    """Else parameters of which little was learned make series of more people than there are."""
    x = torch.rand(400, 2, generator=rng) * torch.tensor([50.0, 3000.0])
    found = course()
    found.set_from(x, torch.randn(400, 5, generator=rng))
    with torch.no_grad():
        found.rate.bias.fill_(1e6)
    made, _ = found(torch.zeros(1, 2, 3), torch.zeros(1, 2, 9, 5))
    torch.testing.assert_close(made[0, 0, -1], x.amax(0).log() + BEYOND)

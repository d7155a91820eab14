"""Summaries of signed response times: sets of any size, and the bound of their shift."""

import pytest
import torch

from jana import simulators
from jana.networks.mlp import Style
from jana.networks.responses import Responses
from jana.rng import generator

M, B, T, F = 2, 6, 7, 4
LOW, HIGH = 0.2, 1.0


def build(seeds=(1, 2)):
    return Responses([generator(seed) for seed in seeds], LOW, HIGH, F, Style((8, 5)))


@pytest.fixture
def trials():
    return simulators.get("drift_diffusion").draw(generator(4), M * B).x[:, :T].unflatten(0, (M, B))


@pytest.fixture
def summary(trials, rng):
    """Away from its start, where the learned features are zero."""
    built = build()
    built.set_from(trials[0])
    for weight in built.parameters():
        weight.data += 0.3 * torch.randn(weight.shape, generator=rng)
    return built.requires_grad_(False)


def test_the_order_of_the_trials_does_not_matter(summary, trials, rng):
    order = torch.randperm(T, generator=rng)
    assert order.tolist() != sorted(order.tolist())
    torch.testing.assert_close(summary(trials[:, :, order]), summary(trials), atol=1e-5, rtol=1e-5)


def test_another_set_has_another_summary_and_other_responses_have_one_too(summary, trials):
    for by in (1.1, -1.0):
        changed = trials.clone()
        changed[:, 0, 0] *= by
        gap = (summary(changed) - summary(trials)).abs().amax(-1)
        assert (gap[:, 0] > 1e-3).all() and (gap[:, 1:] == 0).all()


@pytest.mark.parametrize("size", [1, 2, 30])
def test_any_number_of_trials_is_taken(summary, size):
    x = simulators.get("drift_diffusion").draw(generator(5), M * B).x[:, :size]
    found = summary(x.unflatten(0, (M, B)))
    assert found.shape == (M, B, summary.size) and found.isfinite().all()


def test_times_that_are_all_alike_are_finite_with_their_gradients(summary):
    summary.requires_grad_(True)
    found = summary(torch.full((M, B, T, 1), -0.7))
    found.sum().backward()
    assert found.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in summary.parameters())


def test_it_ends_with_the_log_of_the_shortest_time_and_the_bound_that_it_sets(summary):
    x = torch.full((1, 3, T, 1), 1.5)
    x[0, :, 2, 0] = torch.tensor([0.5, -0.25, 1.25])
    found = summary(x.expand(M, -1, -1, -1))
    assert torch.equal(found[..., -1], torch.tensor([0.5, 0.25, HIGH]).expand(M, 3))
    expected = torch.tensor([0.5, 0.25, 1.25]).log().expand(M, 3)
    torch.testing.assert_close(found[..., -2], expected)


def test_a_time_that_no_shift_explains_has_no_bound(summary):
    low = torch.tensor(LOW)
    x = torch.full((1, 4, T, 1), 0.9)
    x[0, :, 3, 0] = torch.stack([low, -0.5 * low, -low, torch.nextafter(low, low + 1)])
    bound = summary(x.expand(M, -1, -1, -1))[..., -1]
    assert (bound.isnan() == torch.tensor([True, True, True, False])).all()
    assert (bound[:, 3] > LOW).all()


def test_the_distance_from_the_shortest_is_seen_in_units_of_the_set(summary, trials):
    """Times twice as far from the shortest one differ in their logs, not in these distances."""
    seen, _ = summary._seen(trials)
    least = trials.abs().amin(2, keepdim=True)
    wider = trials.sign() * (least + 2 * (trials.abs() - least))
    again, _ = summary._seen(wider)
    torch.testing.assert_close(again[..., 2], seen[..., 2], atol=1e-4, rtol=1e-4)
    assert torch.equal(again[..., 0], trials.sign()[..., 0])
    torch.testing.assert_close(again[..., 1], wider.abs().log()[..., 0])


def test_a_member_does_what_it_would_alone(summary, trials):
    alone = build([9])
    state = {
        key: value if "standardize." in key else value[1:2]
        for key, value in summary.state_dict().items()
    }
    alone.load_state_dict(state)
    torch.testing.assert_close(summary(trials)[1:2], alone(trials[1:2]))


def test_a_member_starts_as_it_would_alone():
    both, alone = dict(build([1, 2]).named_parameters()), dict(build([2]).named_parameters())
    assert all(torch.equal(both[key][1:], value) for key, value in alone.items())
    weight = both["deep_set.each.0.weight"]
    assert not torch.equal(weight[0], weight[1])

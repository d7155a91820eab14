"""Features that tell something are kept, others are not, whatever their tails and ties."""

import pytest
import torch
from scipy.stats import rankdata

from jana import recipes, simulators
from jana.designs import Design
from jana.networks.screen import _ranks, telling
from jana.rng import generator

N = 4000


@pytest.fixture
def noise():
    rng = generator(3)
    return torch.randn(N, 60, generator=rng) / torch.rand(N, 60, generator=rng)  # heavy tails


@pytest.fixture
def target():
    return torch.randn(N, 2, generator=generator(4))


def test_a_location_a_scale_and_a_fold_tell_of_the_target(noise, target):
    seen = noise.clone()
    seen[:, 7] = target[:, 0] + torch.randn(N, generator=generator(5))
    seen[:, 30] = torch.randn(N, generator=generator(6)) * target[:, 1].exp()
    seen[:, 59] = target[:, 1].abs() + torch.randn(N, generator=generator(7))
    assert telling(seen, target).nonzero().flatten().tolist() == [7, 30, 59]


def test_what_tells_of_the_noise_in_a_kept_feature_is_kept_too(noise, target):
    """Alone it is independent of the target; their difference is the target."""
    seen = noise.clone()
    seen[:, 1] = target[:, 0] + 2 * seen[:, 0].sign()
    kept = telling(seen, target)
    assert kept.nonzero().flatten().tolist() == [0, 1]


def test_nothing_is_kept_of_noise_at_the_stated_rate(target):
    """100 screens at a level of 1 in 100: four or more false alarms have a chance of 1 in 50."""
    alarms = 0
    for seed in range(100):
        rng = generator(seed)
        seen = torch.randn(500, 20, generator=rng).exp()
        alarms += bool(telling(seen, torch.randn(500, 3, generator=rng)).any())
    assert alarms <= 3


def test_ties_have_their_mean_rank_and_what_is_not_finite_relates_to_nothing(target):
    values = torch.tensor([[1.0, 2.0], [1.0, torch.nan], [0.0, 1.0], [5.0, 3.0]])
    found = _ranks(values)
    expected = torch.from_numpy(rankdata(values[:, 0].numpy()))
    torch.testing.assert_close(found[0, :, 0], (expected - expected.mean()) / expected.std())
    assert not found[:, :, 1].any()


def test_constants_and_ties_relate_to_nothing(target):
    """Counts that are nearly all zero: by the order of their rows they would seem related."""
    rng = generator(8)
    seen = (torch.rand(N, 10, generator=rng) < 0.01).float()
    seen[:, 3] = 1.0
    seen[:, 4] = (target[:, 0] > 1).float()
    assert telling(seen, target).nonzero().flatten().tolist() == [4]


@pytest.mark.parametrize("name", ["slcp_distractors", "slcp_distractors_sbibm"])
def test_of_slcps_hundred_numbers_eight_are_kept(name):
    simulator = simulators.get(name)
    theta, x = simulator.draw(generator(1), 10_000)
    kept = telling(x, theta).nonzero().flatten().tolist()
    order = range(8)
    if name.endswith("sbibm"):
        module = __import__(f"jana.simulators.{name}", fromlist=["mixture"])
        order = sorted(module.mixture().order.argsort()[:8].tolist())
    assert kept == list(order)


def test_a_design_screens_where_it_says_so_and_there_is_something_to_leave_out(designs_entry):
    simulator = simulators.get("slcp_distractors")
    pairs = simulator.draw(generator(1), 3000)
    for screen, expected in ((True, 8), (False, None)):
        design = Design.from_config(designs_entry | {"screen": screen})
        kept = recipes.screened(design, simulator, *pairs)
        assert (kept if kept is None else int(kept.sum())) == expected
    design = Design.from_config(designs_entry | {"screen": True})
    two_moons, iid = simulators.get("two_moons"), simulators.get("gaussian_iid")
    assert recipes.screened(design, two_moons, *two_moons.draw(generator(1), 3000)) is None
    assert recipes.screened(design, iid, *iid.draw(generator(1), 3000)) is None


@pytest.fixture
def designs_entry():
    from designs import entries

    return entries()["tuned"]

"""Counts as a flow sees them: cells, densities that are probabilities, even noise."""

import math

import pytest
import torch
from designs import TRAINING, pair

from jana import simulators
from jana.flows import counts
from jana.flows.counts import TOP, Counts
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll

SEEDS = [1, 2]


@pytest.mark.parametrize("most", [1, 7, 1000])
def test_every_place_of_a_cell_is_its_count(most):
    x = torch.arange(most + 1.0).expand(50, -1)
    place = torch.rand(x.shape, generator=generator(1)).clamp(1e-3, 1 - 1e-3)
    y, _ = Counts(most).spread(x, place)
    assert torch.equal(Counts(most).counted(y), x)
    assert ((y > 0) & (y < TOP)).all()
    assert torch.equal(Counts(most).counted(Counts(most).seen(x)), x)


def test_what_lies_at_the_ends_of_the_scale_is_the_first_and_the_last_count():
    assert Counts(9).counted(torch.tensor([0.0, TOP])).tolist() == [0, 9]


def test_the_log_determinant_is_that_of_the_map():
    x = torch.tensor([[0.0, 3.0, 9.0]], dtype=torch.float64)
    place = torch.tensor([[0.2, 0.5, 0.9]], dtype=torch.float64, requires_grad=True)
    y, log_det = Counts(9).spread(x, place)
    (slope,) = torch.autograd.grad(y.sum(), place)
    torch.testing.assert_close(log_det, -(-slope.log()).sum(-1))


def test_binomial_noise_is_even_on_the_scale():
    """Of 1,000: standard deviation 1 / (2 sqrt 1,000) for chances from one in fifty up."""
    chance = torch.tensor([0.02, 0.1, 0.5, 0.9]).expand(40_000, -1)
    made = torch.binomial(torch.tensor(1000.0).expand_as(chance), chance, generator(1))
    sd = Counts(1000).seen(made).std(0)
    torch.testing.assert_close(sd, torch.full((4,), 0.5 / 1000**0.5), rtol=0.03, atol=0)


@pytest.mark.parametrize("dim", [1, 2, 10])
def test_the_lattice_covers_cells_evenly(dim, monkeypatch):
    monkeypatch.setattr(counts, "CELLS", 64)
    places = torch.stack(list(Counts(3).fixed_places(dim)))
    assert places.shape == (64, dim) and ((places > 0) & (places < 1)).all()
    inner = (places - 1e-3) / (1 - 2e-3)  # not at the cells' very edges
    cells = (inner * 64 + 1e-4).floor().sort(0).values  # one place in each 64th of each coordinate
    assert torch.equal(cells, torch.arange(64.0)[:, None].expand(-1, dim))


@pytest.fixture
def model():
    """An untrained pair for counts up to 2, of two times."""
    few = simulators.get("sir_sbibm")
    made = pair("sir_sbibm", SEEDS)
    theta, x = few.draw(generator(1), 400)
    made.set_from(theta, x)
    return made.eval().requires_grad_(False), *made.shared(theta[:30], x[:30])


def test_surrogate_data_are_counts(model):
    pair_, theta, x = model
    made = pair_.surrogate([generator(1), generator(2)], theta, x)
    assert made.shape == x.shape and torch.equal(made, made.round())
    assert ((made >= 0) & (made <= 1000)).all()


def test_the_probabilities_of_all_counts_add_up_to_one(monkeypatch):
    """One time, so that all counts can be asked for; on a finer lattice."""
    from jana.joint import Joint

    made = pair("sir_sbibm", [1])
    single = Joint(made.posterior, _one_dimensional(made), (1,), None, Counts(1000)).eval()
    x = torch.arange(1001.0).reshape(1, -1, 1)
    theta = torch.tensor([0.5, 0.13]).expand(1, 1001, 2)
    for cells, error in ((8, 0.1), (64, 0.01)):
        monkeypatch.setattr(counts, "CELLS", cells)
        with torch.no_grad():
            total = single.log_likelihood(theta, x).exp().sum()
        assert float(total) == pytest.approx(1, abs=error)


def _one_dimensional(made):
    from designs import FLOW

    from jana.recipes import build_flow

    top = torch.full((1,), TOP)
    prior = simulators.get("sir_sbibm").prior
    flow = build_flow([generator(1)], FLOW, (torch.zeros(1), top), (prior.low, prior.high))
    theta, x = simulators.get("sir_sbibm").draw(generator(1), 2000)
    flow.set_from(Counts(1000).seen(x[:, 3:4]), theta)
    return flow


def test_training_spreads_counts_anew_and_each_member_its_own_way(model):
    pair_, theta, x = model
    pair_.train()
    pair_.counts.rngs = [generator(1), generator(2)]
    first, second = (pair_.log_likelihood(theta, x) for _ in range(2))
    assert (first != second).any() and (first[0] != first[1]).any()
    pair_.counts.rngs = [generator(1), generator(2)]
    assert torch.equal(pair_.log_likelihood(theta, x), first)
    pair_.eval()
    assert torch.equal(pair_.log_likelihood(theta, x), pair_.log_likelihood(theta, x))


def test_a_count_that_is_always_zero_is_as_wide_as_its_cell():
    """Its density is that of a place in the cell, from the start."""
    made = pair("sir_sbibm", [1])
    theta, x = simulators.get("sir_sbibm").draw(generator(1), 200)
    x[:, 0] = 0.0
    made.set_from(theta, x)
    made.train()
    made.counts.rngs = [generator(1)]
    values = made.log_likelihood(theta[None], x[None])
    assert values.isfinite().all() and float(values.detach().min()) > -200


def test_a_pair_of_networks_learns_counts():
    simulator = simulators.get("sir_sbibm")
    made, pairs = pair("sir_sbibm", SEEDS), tuple(simulator.draw(generator(3), 600))
    data = fit.split(pairs, TRAINING, pairs)
    state = fit.begin(made, data[0], TRAINING)
    course = fit.Course(data, TRAINING, simulator.prior.sample)
    for _ in fit.epochs(made, state, nll, course, SEEDS):
        pass
    losses = [epoch.validation["likelihood"] for epoch in state.history]
    assert (losses[-1] < losses[0] - 0.5).all() and all(loss.isfinite().all() for loss in losses)
    exact = -simulator.log_likelihood(*(part.double() for part in data[1])).mean()
    assert float(losses[-1].min()) > float(exact) - 3 * math.sqrt(10 / 60)

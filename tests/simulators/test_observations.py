"""Observations and posterior samples: of the simulator, or of a published reference."""

import pytest
import torch

from jana import simulators
from jana.rng import generator
from jana.simulators.base import Reference, Simulator
from jana.simulators.priors import box


def a_simulator(**answers):
    return Simulator(
        prior=box(low=[0.0], high=[1.0]),
        simulate=lambda rng, theta: theta,
        theta_names=("a",),
        x_axes=("coordinate",),
        **answers,
    )


REFERENCE = Reference(
    observed=lambda: torch.tensor([[0.1], [0.2], [0.3]]),
    theta=lambda: torch.tensor([[0.4], [0.5], [0.6]]),
    draws=lambda: torch.arange(300.0).reshape(3, 100, 1),
    source="somebody",
)


def test_without_a_reference_observations_are_drawn():
    simulator = a_simulator()
    found = simulator.observations(generator(1), 5)
    assert torch.equal(found.x, simulator.draw(generator(1), 5).x)


def test_a_references_observations_are_taken_in_order():
    found = a_simulator(reference=REFERENCE).observations(generator(1), 2)
    assert found.x.flatten().tolist() == pytest.approx([0.1, 0.2])
    assert found.theta.flatten().tolist() == pytest.approx([0.4, 0.5])


def test_more_observations_than_there_are_are_refused():
    with pytest.raises(ValueError, match=r"somebody has 3 observations, but 4 .*: lower"):
        a_simulator(reference=REFERENCE).observations(generator(1), 4)


@pytest.mark.parametrize(("n", "other"), [(10, 10), (50, 50), (80, 50), (100, 50)])
def test_samples_of_a_reference_share_no_draw(n, other):
    simulator = a_simulator(reference=REFERENCE)
    first, second = simulator.posterior_samples(generator(1), torch.zeros(2, 1), n)
    assert first.shape == (2, n, 1) and second.shape == (2, other, 1)
    for row, (one, two) in enumerate(zip(first, second, strict=True)):
        known = set(range(100 * row, 100 * (row + 1)))
        one, two = one[: len(two)].flatten().tolist(), two.flatten().tolist()
        assert set(one) <= known and set(two) <= known
        assert len(set(one) | set(two)) == len(one) + len(two)


def test_more_draws_than_there_are_are_refused():
    with pytest.raises(ValueError, match=r"somebody has 100 draws .* but 101 are asked"):
        a_simulator(reference=REFERENCE).posterior_samples(generator(1), torch.zeros(1, 1), 101)


def test_neither_exact_answers_nor_a_reference_is_said():
    with pytest.raises(ValueError, match="need `exact` answers or a `reference`"):
        a_simulator().posterior_samples(generator(1), torch.zeros(1, 1), 5)


def test_exact_answers_go_before_a_reference():
    simulator = simulators.get("two_moons")
    x = simulator.observations(generator(1), 3).x
    assert torch.equal(x, simulator.reference.observed()[:3])
    first, second = simulator.posterior_samples(generator(2), x, 20_000)
    assert first.shape == second.shape == (3, 20_000, 2)


def test_clean_data_with_noise_are_the_data():
    simulator = simulators.get("sir")
    pairs, clean = simulator.draw(generator(5), 300), simulator.draw_clean(generator(5), 300)
    noise = (pairs.x - clean).double() / simulator.x_noise
    torch.testing.assert_close(clean * 1000, (clean * 1000).round(), atol=1e-3, rtol=0)
    assert abs(float(noise.mean())) < 5 / 3000**0.5 and abs(float(noise.std()) - 1) < 0.07
    assert simulators.get("two_moons").draw_clean(generator(5), 3) is None


def test_noise_is_drawn_anew_for_the_first_rows():
    simulator = simulators.get("sir")
    clean = simulator.draw_clean(generator(5), 30)
    redrawn = simulator.redrawn(clean, 20)
    one, two = redrawn(generator(1)), redrawn(generator(2))
    assert one.shape == (20, 10) and not torch.isin(one, two).any()
    assert (one - clean[:20]).abs().max() < 6 * simulator.x_noise
    assert simulators.get("two_moons").redrawn(None, 20) is None


def test_noise_without_clean_data_is_refused():
    with pytest.raises(ValueError, match="has no x_clean: delete the file"):
        simulators.get("sir").redrawn(None, 20)

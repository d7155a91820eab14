"""Two flows asked as one: densities, draws, training, saving, and what the posterior sees."""

import pytest
import torch
from designs import TRAINING, design, entries, flow_settings

from jana import recipes, simulators
from jana.designs import Design
from jana.flows.product import Product
from jana.inference import draws, surrogate
from jana.recipes import build_joint, generators
from jana.rng import generator
from jana.simulators.base import Simulator
from jana.simulators.priors import gaussian
from jana.training import fit
from jana.training.losses import nll

SEEDS = [1, 2]
KEPT = torch.tensor([False, True, False, True, False])


def simulate(rng, theta):
    """Two numbers that tell of theta, among three that do not."""
    x = torch.randn(len(theta), 5, generator=rng)
    x[:, KEPT] += 2 * theta
    return x


TASK = Simulator(
    prior=gaussian(mean=[0.0, 0.0], sd=[1.0, 1.0]),
    simulate=simulate,
    theta_names=("a", "b"),
    x_axes=("coordinate",),
)


@pytest.fixture
def model(rng):
    made = build_joint(design(flow_settings(dropout=0.1, decay=0.01)), TASK, (5,), SEEDS, KEPT)
    made.set_from(*TASK.draw(generator(1), 2000))
    for weight in made.parameters():
        weight.data += 0.05 * torch.randn(weight.shape, generator=rng)
    pairs = made.shared(*TASK.draw(generator(2), 30))
    return made.eval().requires_grad_(False), *pairs


def test_the_density_is_a_product_of_both(model):
    made, theta, x = model
    told = made.likelihood.told.log_prob(x[..., KEPT], theta)
    rest = made.likelihood.rest.log_prob(x[..., ~KEPT], theta[..., :0])
    torch.testing.assert_close(made.log_likelihood(theta, x), told + rest)


def test_what_is_not_kept_moves_neither_the_posterior_nor_the_likelihood_ratio(model, rng):
    made, theta, x = model
    other = torch.where(KEPT, x, torch.randn(x.shape, generator=rng))
    assert torch.equal(made.log_posterior(theta, other), made.log_posterior(theta, x))
    moved = made.log_likelihood(theta + 1, x) - made.log_likelihood(theta, x)
    again = made.log_likelihood(theta + 1, other) - made.log_likelihood(theta, other)
    torch.testing.assert_close(moved, again, atol=1e-4, rtol=1e-4)


def test_draws_stand_where_they_belong():
    """Of the regressions alone: means of 400 draws, whose standard error is .05."""
    made = build_joint(design(), TASK, (5,), SEEDS, KEPT)
    made.set_from(*TASK.draw(generator(1), 2000))
    theta, x = made.shared(*TASK.draw(generator(2), 30))
    with torch.no_grad():
        fake = surrogate.simulate(made, generators(SEEDS, "a"), theta, x, 400)
    assert fake.shape == (2, 30, 400, 5)
    centre = fake.mean(2)
    torch.testing.assert_close(centre[..., KEPT], 2 * theta, atol=0.4, rtol=0)
    assert float(centre[..., ~KEPT].abs().max()) < 0.4


def test_draws_have_their_own_density(model):
    made, theta, x = model
    noise = made.likelihood.noise([generator(1), generator(2)], 30, 3)
    sample = made.likelihood.sample(noise, theta)
    again = made.likelihood.log_prob(sample.draws[:, :, 1], theta)
    torch.testing.assert_close(sample.log_prob[:, :, 1], again, atol=1e-3, rtol=1e-4)
    joint, found = draws.joint_draws(made, generators(SEEDS, "b"), theta, x, 4)
    assert joint.shape == x.shape and found.draws.shape == (2, 30, 4, 2)


def test_it_decays_and_drops_as_both(model):
    made, theta, x = model
    product = made.likelihood
    assert isinstance(product, Product)
    assert len(product.decay()) == len(product.told.decay()) + len(product.rest.decay()) > 0
    made.train()
    product.masks.rngs = [generator(1), generator(2)]
    assert product.rest.masks.rngs is product.told.masks.rngs is product.masks.rngs
    assert (made.log_likelihood(theta, x) != made.log_likelihood(theta, x)).any()


def test_a_trained_pair_is_restored_from_its_weights():
    """Which numbers are kept stands among them."""
    made, pairs = (
        build_joint(design(), TASK, (5,), SEEDS, KEPT),
        tuple(TASK.draw(generator(3), 400)),
    )
    data = fit.split(pairs, TRAINING, pairs)
    state = fit.begin(made, data[0], TRAINING)
    course = fit.Course(data, TRAINING, TASK.prior.sample)
    for _ in fit.epochs(made, state, nll, course, SEEDS):
        pass
    saved = {key: value.clone() for key, value in made.state_dict().items()}
    again = build_joint(design(), TASK, (5,), SEEDS, saved["kept"])
    again.load_state_dict(saved)
    given = made.shared(*TASK.draw(generator(4), 20))
    with torch.no_grad():
        for one, other in (
            (made.log_posterior, again.eval().log_posterior),
            (made.log_likelihood, again.log_likelihood),
        ):
            assert torch.equal(one(*given), other(*given))


def test_recipes_restore_which_numbers_are_kept():
    entry = entries()["tuned"]
    simulator = simulators.get("slcp_distractors")
    _, x = simulator.draw(generator(1), 2)
    kept = torch.arange(100) < 8
    made = build_joint(Design.from_config(entry), simulator, (100,), SEEDS, kept)
    again = recipes.restored(entry, simulator, (100,), made.state_dict(), "cpu")
    assert torch.equal(again.kept, kept)
    theta = simulator.prior.sample(generator(2), 2)
    given = made.shared(theta, x)
    with torch.no_grad():
        assert torch.equal(made.eval().log_posterior(*given), again.log_posterior(*given))

"""The pair of networks: its parts, its context, and exchangeable trials."""

import math
from dataclasses import replace

import pytest
import torch
from designs import design, entries, flow_settings, pair

from jana import simulators
from jana.designs import Design
from jana.recipes import build_joint
from jana.rng import generator

SEEDS = [1, 2]


@pytest.fixture(scope="module")
def trials():
    """The tuned design for exchangeable data, away from where it starts, and some data."""
    simulator = simulators.get("gaussian_iid")
    model = build_joint(Design.from_config(entries()["tuned"]), simulator, (20, 1), SEEDS)
    theta, x = simulator.draw(generator(0), 200)
    model.set_from(theta, x)
    rng = generator(1)
    for weight in model.parameters():
        weight.data += 0.02 * torch.randn(weight.shape, generator=rng)
    return model.eval().requires_grad_(False), *model.shared(theta[:10], x[:10])


def plain(rng, n=50):
    model = pair("gaussian_linear", SEEDS)
    pairs = torch.randn(n, 10, generator=rng), torch.randn(n, 10, generator=rng)
    model.set_from(*pairs)
    return model, *model.shared(*pairs)


def test_without_a_summary_the_data_are_the_context(rng):
    model, theta, x = plain(rng)
    torch.testing.assert_close(model.log_posterior(theta, x), model.posterior.log_prob(theta, x))
    torch.testing.assert_close(model.log_likelihood(theta, x), model.likelihood.log_prob(x, theta))
    assert model.members == 2 and not model.exchangeable


def test_a_summary_is_the_posteriors_context_and_belongs_to_its_part(trials):
    model, theta, x = trials
    direct = model.posterior.log_prob(theta, model.summary(x))
    torch.testing.assert_close(model.log_posterior(theta, x), direct)
    parts = {name: {id(p) for p in part.parameters()} for name, part in model.parts().items()}
    summary = {id(p) for p in model.summary.parameters()}
    assert summary <= parts["posterior"] and not summary & parts["likelihood"]


@pytest.mark.parametrize("task", ["two_moons", "gaussian_iid"])
def test_the_parts_hold_every_weight_once(task):
    model = pair(task, SEEDS)
    parts = [p for part in model.parts().values() for p in part.parameters()]
    assert len(parts) == len({id(p) for p in parts}) == len(list(model.parameters()))


def test_the_likelihood_of_exchangeable_data_is_the_sum_over_trials(trials):
    model, theta, x = trials
    single = torch.stack(
        [model.likelihood.log_prob(x[:, :, t], theta) for t in range(x.shape[2])], dim=-1
    )
    torch.testing.assert_close(model.log_likelihood_of_trials(theta, x), single)
    torch.testing.assert_close(model.log_likelihood(theta, x), single.sum(-1))


def test_the_order_of_trials_changes_neither_density(trials, rng):
    model, theta, x = trials
    other = x[:, :, torch.randperm(20, generator=rng)]
    for density in (model.log_posterior, model.log_likelihood):
        torch.testing.assert_close(density(theta, other), density(theta, x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_data_sets_of_other_sizes_have_both_densities(trials, size, rng):
    model, theta, _ = trials
    x = torch.randn(2, 10, size, 1, generator=rng)
    assert model.log_posterior(theta, x).isfinite().all()
    assert model.log_likelihood(theta, x).isfinite().all()


def test_before_training_the_pair_is_near_the_exact_answers_of_exchangeable_data():
    """The regressions alone: within a nat of the exact posterior, a tenth per trial."""
    simulator = simulators.get("gaussian_iid")
    model = build_joint(Design.from_config(entries()["tuned"]), simulator, (20, 1), [1])
    model.set_from(*simulator.draw(generator(0), 5000))
    theta, x = simulator.draw(generator(1), 1000)
    with torch.no_grad():
        posterior = model.log_posterior(*model.shared(theta, x))[0]
        likelihood = model.log_likelihood(*model.shared(theta, x))[0]
    gap = simulator.exact.log_posterior(theta, x) - posterior
    assert 0 < float(gap.mean()) < 1.0
    gap = simulator.log_likelihood(theta, x) - likelihood
    assert float(gap.mean()) > 0  # one width for all: it has yet to learn the variance


def test_positive_data_are_seen_and_made_as_logarithms():
    """Data and their logarithms give the same pair of networks, but for the Jacobian."""
    simulator = simulators.get("lotka_volterra_sbibm")
    logs = replace(
        simulator,
        simulate=lambda rng, theta: simulator.simulate(rng, theta).log(),
        log_likelihood=None,
        x_low=-math.inf,
    )
    pairs, values = simulator.draw(generator(1), 300), []
    for task, x in ((simulator, pairs.x), (logs, pairs.x.log())):
        made = build_joint(design(), task, (20,), SEEDS)
        made.set_from(pairs.theta, x)
        given = made.shared(pairs.theta, x)
        with torch.no_grad():
            values.append((made.log_posterior(*given), made.log_likelihood(*given)))
            drawn = made.surrogate([generator(1), generator(2)], *given)
        assert (drawn > task.x_low).all()
    torch.testing.assert_close(values[0][0], values[1][0], atol=1e-3, rtol=1e-4)
    jacobian = values[1][1] - pairs.x.log().sum(1)
    torch.testing.assert_close(values[0][1], jacobian, atol=1e-2, rtol=1e-4)


def test_what_decays_is_what_decays_in_either_flow():
    model = pair("two_moons", SEEDS, flow_settings(decay=0.1))
    flows = [model.posterior.decay(), model.likelihood.decay()]
    assert set(model.decay()) == {weight for flow in flows for weight in flow}
    assert all((factor == 0.1).all() for factor in model.decay().values())


def test_no_gradient_of_one_network_reaches_the_other(trials):
    model = pair("gaussian_iid", SEEDS)
    _, theta, x = trials
    model.log_posterior(theta, x).sum().backward()
    assert all(p.grad is None for p in model.likelihood.parameters())


def test_a_member_alone_is_what_it_is_among_others(trials):
    model, theta, x = trials
    one = model.member(1)
    assert one.members == 1 and model.members == 2
    for density in ("log_posterior", "log_likelihood"):
        among = getattr(model, density)(theta, x)[1:]
        torch.testing.assert_close(getattr(one, density)(theta[1:], x[1:]), among)


def test_a_member_of_a_pair_with_permutations_has_its_own(rng):
    model = pair("gaussian_linear", SEEDS, flow_settings(warps="SS", mixing="permutation"))
    pairs = torch.randn(50, 10, generator=rng), torch.randn(50, 10, generator=rng)
    model.set_from(*pairs)
    for weight in model.parameters():
        weight.data += 0.1 * torch.randn(weight.shape, generator=rng)
    theta, x = model.eval().shared(*pairs)
    among = model.log_posterior(theta, x)
    for at in range(2):
        alone = model.member(at).log_posterior(theta[:1], x[:1])
        torch.testing.assert_close(alone, among[at : at + 1])

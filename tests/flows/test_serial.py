"""Likelihoods of series: step by step as all at once, no look ahead, the paper's count."""

import pytest
import torch
from designs import entries

from jana import settings, simulators
from jana.designs import Design
from jana.flows.hurdle import FARTHEST
from jana.recipes import build_joint, generators
from jana.simulators.base import Simulator

EPIDEMIC = simulators.get("epidemic_corrected")


def joint(name, members=1, **likelihood):
    changes = {"likelihood": likelihood} if likelihood else {}
    entry = settings.design(entries(), name, "epidemic_corrected", changes)
    return build_joint(Design.from_config(entry), EPIDEMIC, (81, 3), range(1, members + 1))


def small(members=1):
    """Ours, with weights that are not at their start."""
    model = joint("tuned", members, state=8, nets={"S": {"hidden": [8]}})
    theta, x = EPIDEMIC.draw(torch.Generator().manual_seed(1), 200)
    model.set_from(theta, x)
    return moved(model.eval()), theta, x


def moved(model):
    """Away from the start, where last layers are zero and nothing depends on anything."""
    rng = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.01 * torch.randn(weight.shape, generator=rng))
    return model


def test_the_papers_networks_have_as_many_weights():
    model = joint("paper")
    count = {
        name: sum(w.numel() for w in part.parameters()) for name, part in model.parts().items()
    }
    assert count == {"posterior": 1_112_880 + 546_336, "likelihood": 1_988_448}


def test_draws_have_the_density_that_they_came_with():
    model, theta, _ = small(members=2)
    flow, told = model.likelihood, theta[:50].expand(2, 50, -1)
    made = flow.sample(flow.noise(generators((5, 6)), 50, 1), told)
    x = made.draws[:, :, 0].unflatten(-1, (81, 3))
    assert (x >= 0).all() and (x == 0).any() and not torch.equal(x[0], x[1])
    # An untrained network may run away, to where numbers are cut off.
    usual = x.flatten(2).amax(2) < 1e9
    assert float(usual.double().mean()) > 0.9
    pair = flow.log_prob(x, told)[usual], made.log_prob[:, :, 0][usual]
    torch.testing.assert_close(*pair, atol=0.02, rtol=1e-4)


@pytest.mark.parametrize("name", ["tuned", "paper"])
def test_no_step_looks_ahead(name):
    model = small()[0] if name == "tuned" else moved(joint("paper").eval())
    theta, x = EPIDEMIC.draw(torch.Generator().manual_seed(1), 5)
    if name == "paper":  # but for the moments that it is told: a later day moves is put back
        later = x.clone()
        later[:, [40, 60]] = x[:, [60, 40]]
    else:
        later = x.clone()
        later[:, 40:] = 2.0
    first, second = (model.likelihood.log_prob_of_steps(y[None], theta[None]) for y in (x, later))
    other = model.likelihood.log_prob_of_steps(x[None], theta[None].flip(1))
    assert not torch.allclose(other, first, atol=1e-2)  # what it is told matters
    torch.testing.assert_close(first[:, :, :40], second[:, :, :40], atol=1e-3, rtol=1e-4)
    assert not torch.equal(first[:, :, 40:], second[:, :, 40:])


def test_series_may_have_different_lengths():
    model, theta, x = small()
    whole = model.likelihood.log_prob_of_steps(x[None, :2], theta[None, :2])
    lengths = torch.tensor([[81, 30]])
    found = model.likelihood.log_prob(x[None, :2], theta[None, :2], lengths)
    torch.testing.assert_close(found[0, 0], whole[0, 0].sum())
    torch.testing.assert_close(found[0, 1], whole[0, 1, :30].sum())
    short = model.likelihood.log_prob(x[None, 1:2, :30], theta[None, 1:2])
    torch.testing.assert_close(short[0], found[0, 1:], atol=1e-3, rtol=1e-5)


def test_the_papers_draws_have_the_moments_that_they_are_given():
    model = joint("paper").eval()
    theta, x = EPIDEMIC.draw(torch.Generator().manual_seed(1), 3)
    model.set_from(theta, x)
    made = model.surrogate(generators((5,)), theta[None], x[None])
    assert made.shape == (1, 3, 81, 3) and (made < 0).any()
    # An untrained flow draws standard normal steps: its mean is the given one within 5 errors.
    off = (made[0].mean(1) - x.mean(1)) / x.std(1)
    assert float(off.abs().max()) < 5 / 9


def test_angles_are_drawn_within_their_circle_and_others_within_their_bounds():
    model, _, x = small()
    flow = model.posterior
    context = model.context(x[None, :20])
    draws = flow.sample(flow.noise(generators((5,)), 20, 50), context).draws[0]
    assert ((draws >= EPIDEMIC.prior.low) & (draws < EPIDEMIC.prior.high)).all()


def test_series_without_zeros_are_refused_by_our_kit():
    plain = Simulator(
        prior=EPIDEMIC.prior,
        simulate=EPIDEMIC.simulate,
        theta_names=EPIDEMIC.theta_names,
        x_axes=("day", "series"),
        x_serial=True,
    )
    entry = settings.design(entries(), "tuned", "epidemic_corrected")
    with pytest.raises(ValueError, match="x_zeros=True"):
        build_joint(Design.from_config(entry), plain, (81, 3), (1,))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"summary": {"kit": "published"}}, "same way"),
        ({"likelihood": {"warps": "G"}}, "need an S"),
    ],
)
def test_designs_that_cannot_be_are_refused(changes, said):
    entry = settings.design(entries(), "tuned", "epidemic_corrected", changes)
    with pytest.raises(ValueError, match=said):
        build_joint(Design.from_config(entry), EPIDEMIC, (81, 3), (1,))


def test_series_need_a_recurrent_likelihood():
    entry = settings.design(entries(), "tuned", "two_moons")
    with pytest.raises(ValueError, match="`state` of 1 feature or more"):
        build_joint(Design.from_config(entry), EPIDEMIC, (81, 3), (1,))


def test_drawn_series_stay_near_their_course_whatever_the_networks_say():
    """A network that answers any deviation by a larger one: a factor of exp(3), and the noise."""
    model, theta, _ = small()
    flow = model.likelihood
    with torch.no_grad():
        flow.step.network.last.weight[..., 1] = 50.0
    told = theta[None, :20]
    made = flow.sample(flow.noise(generators((5,)), 20, 5), told).draws[0].unflatten(-1, (81, 3))
    course, _ = flow.course(flow.calendar.told(told), flow.calendar(told, 81))
    off = made.clamp(min=1e-30).log() - course[0, :, None]
    assert float(off.detach()[made > 0].abs().median()) < 2 * FARTHEST

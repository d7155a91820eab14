"""Recipes: from configuration entries to objects."""

from itertools import pairwise

import pytest
import torch
import yaml
from designs import entries, flow_settings, penalty, published

from jana import recipes, simulators
from jana.designs import Design
from jana.flows.base import Normal, StudentT
from jana.flows.coupling import Coupling, Elementwise
from jana.flows.mixing import ActNorm, Mixing, Permutation
from jana.flows.published import FreeSpline, Rotation, Scale
from jana.flows.spline import Spline
from jana.flows.warps import Affine
from jana.rng import generator

ENTRY = yaml.safe_load("""
posterior: &flow
  kit: own
  warps: SA
  nets: {S: {hidden: [8], bins: 4, bound: 3.0}, A: {hidden: [6, 6]}}
  activation: silu
  mixing: learned
  act_norm: true
  latent_df: null
  start: regression
  bounded: true
likelihood: *flow
training: {epochs: 1, batch: 4, drop_last: true, rate: 0.1, warmup: 0.0, epsilon: 1.0e-8,
  clip: 1.0, together: false, decay: 0.9, patience: 1, validation: 0.1}
""")
PARTS = "posterior", "likelihood"
PAPER = (
    "gaussian_linear",
    "gaussian_linear_uniform",
    "gaussian_mixture",
    "two_moons",
    "slcp",
    "slcp_distractors",
    "bernoulli_glm",
    "bernoulli_glm_raw",
    "sir",
    "lotka_volterra",
)


def built(settings, dim, context=3):
    target, given = (
        (torch.full((n,), -torch.inf), torch.full((n,), torch.inf)) for n in (dim, context)
    )
    return recipes.build_flow([generator(0)], settings, target, given)


def kinds(settings, dim):
    return [type(layer) for layer in built(settings, dim).layers]


def paper_pair(task, seeds=(1,)):
    simulator = simulators.get(task)
    x_shape = tuple(simulator.draw(generator(0), 1).x.shape[1:])
    return recipes.build_joint(published(task), simulator, x_shape, seeds)


def changed(**flow):
    return {**ENTRY, "posterior": {**ENTRY["posterior"], **flow}}


def test_layers_stand_in_the_order_that_the_settings_say():
    settings = Design.from_config(ENTRY).posterior
    assert kinds(settings, 3) == [ActNorm, Coupling, ActNorm, Permutation, Mixing, Coupling]


def test_the_published_kits_layers_have_a_mixing_before_each_coupling():
    settings = Design.from_config(changed(kit="published")).posterior
    assert kinds(settings, 3) == [Scale, Rotation, Coupling, Scale, Rotation, Coupling]
    fixed = Design.from_config(changed(kit="published", mixing="permutation")).posterior
    assert kinds(fixed, 3) == [Scale, Permutation, Coupling, Scale, Permutation, Coupling]


@pytest.mark.parametrize(
    "kit, classes", [("own", [Spline, Affine]), ("published", [FreeSpline, Affine])]
)
def test_each_letter_is_a_warp_with_networks_of_its_own(kit, classes):
    layers = built(Design.from_config(changed(kit=kit)).posterior, 3).layers
    couplings = [layer for layer in layers if isinstance(layer, Coupling)]
    assert [type(layer.warp) for layer in couplings] == classes
    assert couplings[0].warp.bins == 4 and couplings[0].warp.bound == 3.0
    networks = [layer.tellers[0].network for layer in couplings]
    widths = [[weight.shape[-1] for weight in network.hidden()] for network in networks]
    assert widths == [[8], [6, 6]]
    # Glorot's law is uniform, Kaiming's has tails.
    limit = (6 / (6 + 6)) ** 0.5
    assert (networks[1].hidden()[1].abs().max() <= limit) == (kit == "published")


@pytest.mark.parametrize("kit, norm", [("own", ActNorm), ("published", Scale)])
def test_one_dimension_is_warped_by_itself(kit, norm):
    settings = Design.from_config(changed(kit=kit)).posterior
    assert kinds(settings, 1) == [norm, Elementwise, norm, Elementwise]


def test_plain_layers():
    assert kinds(flow_settings(warps="AAA", mixing="none", act_norm=False), 4) == [Coupling] * 3


def test_the_latent_is_the_one_that_is_asked_for():
    assert built(flow_settings(), 2).base == Normal()
    assert built(flow_settings(latent_df=7), 2).base == StudentT(7)


@pytest.mark.parametrize("bounded", [True, False])
def test_only_a_bounded_flow_keeps_to_its_targets_bounds(bounded):
    edges = torch.tensor([-1.0, -1.0]), torch.tensor([1.0, 1.0])
    flow = recipes.build_flow([generator(0)], flow_settings(bounded=bounded), edges, edges)
    outside = flow.log_prob(torch.full((1, 1, 2), 2.0), torch.zeros(1, 1, 2))
    assert bool(outside.isfinite()) != bounded


def test_an_unknown_setting_is_an_error_and_not_ignored():
    with pytest.raises(TypeError, match="colour"):
        Design.from_config(changed(colour="red"))
    with pytest.raises(TypeError, match="colour"):
        Design.from_config({**ENTRY, "training": {**ENTRY["training"], "colour": "red"}})
    with pytest.raises(TypeError, match="colour"):
        Design.from_config(changed(nets={"S": {"hidden": [8], "colour": "red"}}))


@pytest.mark.parametrize("kit", ["own", "published"])
def test_the_networks_of_a_member_depend_on_its_seed_alone(kit):
    simulator = simulators.get("two_moons")
    design = Design.from_config(changed(kit=kit))
    both = recipes.build_joint(design, simulator, (2,), [5, 6])
    alone = dict(recipes.build_joint(design, simulator, (2,), [6]).named_parameters())
    for key, value in both.named_parameters():
        assert torch.equal(value[1:], alone[key]), key
    weight = both.likelihood.project.weight
    assert not torch.equal(weight[0], weight[1])
    assert not torch.equal(weight, both.posterior.project.weight)


def test_a_trained_pair_comes_back_from_its_state():
    simulator = simulators.get("gaussian_linear_uniform")
    model = recipes.build_joint(Design.from_config(ENTRY), simulator, (10,), [5, 6])
    pairs = simulator.draw(generator(1), 200)
    model.set_from(*pairs)
    again = recipes.restored(ENTRY, simulator, (10,), model.state_dict(), "cpu")
    with torch.no_grad():
        found = [m.log_posterior(*m.shared(*pairs)) for m in (model, again)]
    assert torch.equal(*found) and not again.training
    assert not any(weight.requires_grad for weight in again.parameters())


def test_a_trained_pair_with_a_summary_comes_back_from_its_state():
    simulator, entry = simulators.get("gaussian_iid"), entries()["tuned"]
    model = recipes.build_joint(Design.from_config(entry), simulator, (20, 1), [5, 6])
    pairs = simulator.draw(generator(1), 100)
    model.set_from(*pairs)
    again = recipes.restored(entry, simulator, (20, 1), model.state_dict(), "cpu")
    with torch.no_grad():
        found = [m.log_posterior(*m.shared(*pairs)) for m in (model, again)]
    assert torch.equal(*found)


def test_weights_of_another_design_are_refused():
    simulator = simulators.get("two_moons")
    model = recipes.build_joint(Design.from_config(ENTRY), simulator, (2,), [5])
    other = changed(nets={"S": {"hidden": [9]}, "A": {"hidden": [6, 6]}})
    with pytest.raises(ValueError, match=r"(?s)weights must fit the design .* train again"):
        recipes.restored(other, simulator, (2,), model.state_dict(), "cpu")


def test_exchangeable_data_without_a_summary_are_refused():
    with pytest.raises(ValueError, match="need a summary network, but the design has none: give"):
        recipes.build_joint(Design.from_config(ENTRY), simulators.get("gaussian_iid"), (20, 1), [1])


def test_devices(monkeypatch):
    assert recipes.device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert recipes.device("auto").type == "cpu"
    with pytest.raises(ValueError, match=r"needs an NVIDIA GPU .* set device: auto or cpu"):
        recipes.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert recipes.device("auto").type == "cuda"


# The paper's design: trainable parameters as its own networks had them, counted by the authors'
# version of BayesFlow.
COUNTS = {
    "gaussian_linear": (34_760, 34_760),
    "gaussian_linear_uniform": (34_760, 34_760),
    "gaussian_mixture": (41_340, 41_316),
    "two_moons": (299_256, 299_256),
    "slcp": (422_607, 293_248),
    "slcp_distractors": (367_692, 2_171_508, 31_504),
    "bernoulli_glm": (532_170, 431_220),
    "bernoulli_glm_raw": (636_492, 307_812, 69_920),
    "sir": (47_460, 26_944),
    "lotka_volterra": (429_204, 969_008),
}


@pytest.mark.parametrize("task", PAPER)
def test_the_papers_networks_have_as_many_parameters_as_published(task):
    model = paper_pair(task)
    found = [
        sum(weight.numel() for weight in network.parameters())
        for network in (model.posterior, model.likelihood, model.summary)
        if network is not None
    ]
    assert tuple(found) == COUNTS[task]


# batch, epochs, rate
SCHEDULES = {
    "gaussian_linear": (64, 50, 1e-3),
    "gaussian_linear_uniform": (64, 50, 1e-3),
    "gaussian_mixture": (64, 150, 5e-4),
    "two_moons": (32, 50, 5e-4),
    "slcp": (32, 100, 5e-4),
    "slcp_distractors": (32, 60, 5e-4),
    "bernoulli_glm": (32, 50, 1e-4),
    "bernoulli_glm_raw": (32, 50, 5e-4),
    "sir": (32, 250, 5e-4),
    "lotka_volterra": (64, 150, 1e-3),
}
# of posterior and likelihood: warps, mixing; of both: activation, degrees of freedom
SHAPES = {
    "gaussian_linear": (("AAAAA", "permutation"), ("AAAAA", "permutation"), "relu", None),
    "gaussian_linear_uniform": (("AAAAA", "permutation"), ("AAAAA", "permutation"), "relu", None),
    "gaussian_mixture": (("SSSSSS", "learned"), ("SSSSSS", "permutation"), "silu", None),
    "two_moons": (("ASASA", "learned"), ("ASASA", "learned"), "relu", None),
    "slcp": (("ASASAS", "learned"), ("AAAA", "learned"), "relu", None),
    "slcp_distractors": (("ASASASAS", "permutation"), ("ASASAS", "permutation"), "relu", None),
    "bernoulli_glm": (("ASASAS", "learned"), ("ASASA", "permutation"), "relu", None),
    "bernoulli_glm_raw": (("SSSSSS", "learned"), ("SSSSSS", "permutation"), "relu", None),
    "sir": (("SSSSSS", "permutation"), ("AAAAAAAA", "permutation"), "relu", 50),
    "lotka_volterra": (("ASASAS", "permutation"), ("ASASASAS", "permutation"), "tanh", 50),
}
# hidden, dropout, decay, by letter
DEFAULT = {"A": ((128, 128), 0.01, 5e-4), "S": ((128, 128), 0.05, 1e-3)}
NETS = {
    "gaussian_linear": {"A": ((32, 32), 0.05, 5e-4)},
    "gaussian_linear_uniform": {"A": ((32, 32), 0.05, 1e-4)},
    "gaussian_mixture": {"S": ((64,), 0.05, 1e-4)},
    "two_moons": DEFAULT,
    "slcp": DEFAULT,
    "slcp_distractors": {"A": ((64, 64), 0.3, 5e-4), "S": ((128, 128), 0.3, 1e-3)},
    "bernoulli_glm": DEFAULT,
    "bernoulli_glm_raw": DEFAULT,
    "sir": {"A": ((64,), 0.05, 1e-4), "S": ((64,), 0.05, 1e-4)},
    "lotka_volterra": {"A": ((128, 128), 0.05, 1e-5), "S": ((128, 128), 0.05, 1e-5)},
}
# what theta and x are divided by
SCALES = {
    "gaussian_mixture": (10.0, 12.0),
    "slcp": (1.0, 30.0),
    "slcp_distractors": (1.0, 50.0),
    "lotka_volterra": (1.0, 1000.0),
}


@pytest.mark.parametrize("task", PAPER)
def test_the_paper_trained_with_these_schedules(task):
    training = published(task).training
    assert (training.batch, training.epochs, training.rate) == SCHEDULES[task]


@pytest.mark.parametrize("task", PAPER)
def test_the_paper_had_these_layers(task):
    design = published(task)
    flows = design.posterior, design.likelihood
    *shapes, activation, df = SHAPES[task]
    assert [(flow.warps, flow.mixing) for flow in flows] == shapes
    for flow in flows:
        assert (flow.kit, flow.activation, flow.latent_df) == ("published", activation, df)
        assert flow.act_norm


@pytest.mark.parametrize("task", PAPER)
def test_the_paper_had_these_networks(task):
    for flow in (published(task).posterior, published(task).likelihood):
        assert set(flow.warps) <= set(NETS[task])
        for letter in flow.warps:
            net = flow.nets[letter]
            assert (net.hidden, net.dropout, net.decay) == NETS[task][letter]
            assert letter == "A" or (net.bins, net.bound) == (16, 5.0)


@pytest.mark.parametrize("task", PAPER)
def test_the_paper_gave_its_flows_raw_values_divided_by_constants(task):
    theta, x = SCALES.get(task, (1.0, 1.0))
    posterior, likelihood = published(task).posterior, published(task).likelihood
    summary = published(task).summary  # divides in the flow's place
    assert (posterior.scale, posterior.context_scale * (summary.scale if summary else 1)) == (
        theta,
        x,
    )
    assert (likelihood.scale, likelihood.context_scale) == (x, theta)
    for flow in (posterior, likelihood):
        assert flow.start == "none" and not flow.bounded


@pytest.mark.parametrize("task", PAPER)
def test_all_of_the_papers_training_has_this_in_common(task):
    training = published(task).training
    assert training.clip == 1.0 and training.together
    assert training.epsilon == 1e-7 and training.warmup == 0.0
    assert training.patience is None and training.validation == 0.0
    assert not training.drop_last and training.decay == 0.0


def test_the_paper_ran_on_ten_tasks_on_response_times_and_on_an_epidemic():
    """And on an epidemic; those are in tests/training/test_apart.py and tests/flows/test_serial.py.

    The epidemic's second simulator, whose ramps are mended, is ours.
    """
    others = ["drift_diffusion", "epidemic", "epidemic_corrected"]
    assert sorted(entries()["paper"]["tasks"]) == sorted([*PAPER, *others])


def test_the_papers_summaries():
    """A deep set of the raw trials, a network with dropout for the distractors, else none."""
    summaries = {task: published(task).summary for task in PAPER}
    assert {task for task, one in summaries.items() if one} == {
        "slcp_distractors",
        "bernoulli_glm_raw",
    }
    noisy, raw = summaries["slcp_distractors"], summaries["bernoulli_glm_raw"]
    assert (noisy.hidden, noisy.features, noisy.dropout) == ((128, 128), 16, 0.2)
    assert (raw.hidden, raw.features, raw.dropout) == ((64, 64), 32, 0.0)


def test_the_papers_raw_trials_are_all_seen_and_weigh_as_their_mean():
    training = published("bernoulli_glm_raw").training
    assert training.least_trials == 1.0 and training.likelihood_trials == 100
    assert training.per_trial


def test_the_papers_weight_decay_starts_as_its_authors_logged_it():
    """2.677 is expected of both networks together; the authors' log has 2.672."""
    model = paper_pair("two_moons")
    total = sum(penalty(getattr(model, name)).item() for name in PARTS)
    assert total == pytest.approx(2.677, rel=0.03) and total == pytest.approx(2.672, rel=0.03)


def glorots_sum_of_squares(widths):
    """Expected: of each kernel inputs * outputs * 2 / (inputs + outputs)."""
    return sum(2 * a * b / (a + b) for a, b in pairwise(widths))


@pytest.mark.parametrize("task", PAPER)
def test_an_untrained_flows_penalty_is_glorots_expectation(task):
    """Over 8 members, within 3 %: each of them has thousands of weights."""
    model, net = paper_pair(task, range(8)), NETS[task]
    soft = task == "bernoulli_glm_raw"
    flows = model.posterior, model.likelihood.flow if soft else model.likelihood
    both = published(task).posterior, published(task).likelihood
    for flow, settings in zip(flows, both, strict=True):
        context, expected = len(flow.standardize.mean), 0.0
        for letter in settings.warps:
            hidden, _, decay = net[letter]
            networks = {"A": 2, "S": 1}[letter]
            for told in (flow.dim // 2, flow.dim - flow.dim // 2):
                expected += decay * networks * glorots_sum_of_squares([told + context, *hidden])
        assert float(penalty(flow).mean()) == pytest.approx(expected, rel=0.03)


def test_weight_decay_counts_hidden_kernels_and_the_contexts_part_of_them_only():
    """Not biases, not last layers, not scales nor rotations."""
    model = paper_pair("two_moons", [1, 2])
    rng, flow = generator(3), model.posterior
    for weight in flow.parameters():
        weight.data.normal_(generator=rng)
    expected = torch.zeros(2)
    offset = 0
    for layer in flow.layers:
        if not isinstance(layer, Coupling):
            continue
        decay = 1e-3 if isinstance(layer.warp, FreeSpline) else 5e-4
        context = flow.project.weight[..., offset : offset + layer.n_features]
        offset += layer.n_features
        kernels = [context]
        for teller in layer.tellers:
            kernels += [teller.network.first, teller.network.middle[0].weight]
        expected += decay * sum(kernel.square().flatten(1).sum(1) for kernel in kernels)
    torch.testing.assert_close(penalty(flow), expected)


def test_without_decay_there_is_no_penalty():
    assert (penalty(built(flow_settings(), 2)) == 0).all()

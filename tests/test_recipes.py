"""Recipes: from configuration entries to objects."""

import pytest
import torch
import yaml

from jana import recipes, simulators
from jana.flows.coupling import Coupling, Elementwise
from jana.flows.mixing import ActNorm, Mixing, Permutation
from jana.flows.support import Support
from jana.recipes import Design, FlowSettings
from jana.rng import generator

ENTRY = yaml.safe_load("""
posterior: &flow
  {layers: 2, warp: spline, bins: 4, bound: 3.0, hidden: [8], mixing: learned, act_norm: true}
likelihood: *flow
training:
  {epochs: 1, batch: 4, rate: 0.1, warmup: 0.0, clip: 1.0, decay: 0.9, patience: 1, validation: 0.1}
""")


def kinds(settings, dim):
    edge = torch.full((dim,), torch.inf)
    flow = recipes.build_flow([generator(0)], settings, Support(-edge, edge), 3)
    return [type(layer) for layer in flow.layers]


def test_layers_stand_in_the_order_that_the_settings_say():
    settings = Design.from_config(ENTRY).posterior
    assert kinds(settings, 3) == [ActNorm, Coupling, ActNorm, Permutation, Mixing, Coupling]


def test_one_dimension_is_warped_by_itself():
    settings = Design.from_config(ENTRY).posterior
    assert kinds(settings, 1) == [ActNorm, Elementwise, ActNorm, Elementwise]


def test_plain_layers():
    settings = FlowSettings(3, "affine", 4, 3.0, (8,), "none", False)
    assert kinds(settings, 4) == [Coupling] * 3


def test_an_unknown_setting_is_an_error_and_not_ignored():
    with pytest.raises(TypeError, match="colour"):
        Design.from_config({**ENTRY, "posterior": {**ENTRY["posterior"], "colour": "red"}})


def test_the_networks_of_a_member_depend_on_its_seed_alone():
    simulator = simulators.get("two_moons")
    design = Design.from_config(ENTRY)
    both = recipes.build_joint(design, simulator, 2, [5, 6]).state_dict()
    alone = recipes.build_joint(design, simulator, 2, [6]).state_dict()
    key = "likelihood.project.weight"
    assert torch.equal(both[key][1:], alone[key])
    assert not torch.equal(both[key][0], both[key][1])
    assert not torch.equal(both[key], both["posterior.project.weight"])


def test_a_trained_pair_comes_back_from_its_state():
    simulator = simulators.get("two_moons")
    model = recipes.build_joint(Design.from_config(ENTRY), simulator, 2, [5, 6])
    pairs = simulator.draw(generator(1), 50)
    model.set_from(*pairs)
    again = recipes.restored(ENTRY, simulator, model.state_dict(), "cpu")
    with torch.no_grad():
        found = [m.log_posterior(*m.shared(*pairs)) for m in (model, again)]
    assert torch.equal(*found) and not again.training


def test_weights_of_another_design_are_refused():
    simulator = simulators.get("two_moons")
    model = recipes.build_joint(Design.from_config(ENTRY), simulator, 2, [5])
    other = {**ENTRY, "posterior": {**ENTRY["posterior"], "hidden": [9]}}
    with pytest.raises(ValueError, match=r"(?s)weights must fit the design .* train again"):
        recipes.restored(other, simulator, model.state_dict(), "cpu")


def test_devices(monkeypatch):
    assert recipes.device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert recipes.device("auto").type == "cpu"
    with pytest.raises(ValueError, match=r"needs an NVIDIA GPU .* set device: auto or cpu"):
        recipes.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert recipes.device("auto").type == "cuda"

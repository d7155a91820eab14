"""Dropout: from given generators, off outside training, the mean kept."""

import pytest
import torch
from torch import nn

from jana.networks.dropout import Dropout, reseed
from jana.networks.mlp import MLP, Style
from jana.rng import generator


def dropout(share, seeds=(1, 2)):
    layer = Dropout(share)
    layer.rngs = [generator(seed) for seed in seeds]
    return layer


def test_outside_training_nothing_is_left_out(rng):
    layer, h = dropout(0.5).eval(), torch.randn(2, 5, 8, generator=rng)
    assert torch.equal(layer(h), h)


def test_a_share_is_left_out_and_the_mean_is_kept():
    """Of 400,000: 4 sd of the share is 0.0025, of the mean 0.0034 (1 in 8,000 by chance)."""
    out = dropout(0.2)(torch.ones(2, 1000, 200))
    assert set(out.unique().tolist()) == {0.0, 1.25}
    assert float((out == 0).float().mean()) == pytest.approx(0.2, abs=0.0026)
    assert float(out.mean()) == pytest.approx(1.0, abs=0.0034)


def test_equal_generators_give_equal_masks_and_others_others():
    h = torch.ones(2, 50, 20)
    first, same, mixed = dropout(0.5)(h), dropout(0.5)(h), dropout(0.5, (1, 3))(h)
    assert torch.equal(first, same)
    assert torch.equal(first[0], mixed[0]) and not torch.equal(first[1], mixed[1])
    assert not torch.equal(first[0], first[1])


def test_each_call_has_a_new_mask():
    layer, h = dropout(0.5), torch.ones(2, 50, 20)
    assert not torch.equal(layer(h), layer(h))


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    dropout(0.5)(torch.ones(2, 50, 20))
    assert torch.equal(before, torch.get_rng_state())


def test_with_a_share_of_0_no_generator_is_needed(rng):
    h = torch.randn(2, 5, 8, generator=rng)
    assert torch.equal(Dropout(0.0)(h), h)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_of_all_or_less_than_nothing_is_refused(share):
    with pytest.raises(ValueError, match=f"from 0 to below 1, not {share}"):
        Dropout(share)


def test_every_layer_gets_generators_of_its_own():
    model = nn.ModuleList([Dropout(0.5), nn.Sequential(Dropout(0.0), Dropout(0.5))])
    reseed(model, lambda index: [generator(index), generator(10 + index)])
    first, none, last = (m for m in model.modules() if isinstance(m, Dropout))
    assert [rng.initial_seed() for rng in first.rngs] == [0, 10]
    assert [rng.initial_seed() for rng in last.rngs] == [2, 12] and none.rngs == []


def test_a_network_drops_after_every_hidden_layer(rng):
    """With inputs of 1 and weights of 1 the first hidden layer's zeros can be counted."""
    network = MLP([generator(0)], 1, 0, 1, Style((6, 4), "relu", dropout=0.5))
    for weight in network.parameters():
        weight.data.fill_(1.0)
    reseed(network, lambda index: [generator(index)])
    seen = []
    for layer in network.dropouts:
        layer.register_forward_hook(lambda module, args, out: seen.append((args[0], out)))
    network(torch.ones(1, 200, 1), torch.zeros(1, 200, 6))
    assert len(seen) == 2
    assert all((out == 0).any() and (given != 0).all() for given, out in seen[:1])
    assert ((seen[1][1] == 0) & (seen[1][0] != 0)).any()

"""Dropout: from given generators, off outside training, the mean kept."""

import pytest
import torch
from torch import nn

from jana.networks.dropout import Dropout, Masks
from jana.networks.mlp import MLP, Style
from jana.rng import generator

CPU = torch.device("cpu")


def dropped(h, share=0.5, seeds=(1, 2), draws=1, copies=1):
    layer = Dropout(share, h.shape[-1], copies)
    masks = Masks(layer)
    masks.rngs = [generator(seed) for seed in seeds]
    for _ in range(draws):
        masks.draw(h.shape[1], CPU)
    return layer(h)


def test_outside_training_nothing_is_left_out(rng):
    layer, h = Dropout(0.5, 8).eval(), torch.randn(2, 5, 8, generator=rng)
    assert torch.equal(layer(h), h)


@pytest.mark.parametrize("share", [0.2, 0.01])
def test_a_share_is_left_out_and_the_mean_is_kept(share):
    """Of 400,000: within 4 standard deviations (1 in 8,000 by chance)."""
    out = dropped(torch.ones(2, 1000, 200), share)
    assert out.unique().tolist() == pytest.approx([0.0, 1 / (1 - share)])
    error = 4 * (share * (1 - share) / 400_000) ** 0.5
    assert float((out == 0).double().mean()) == pytest.approx(share, abs=error)
    assert float(out.double().mean()) == pytest.approx(1.0, abs=error / (1 - share))


def test_equal_generators_give_equal_masks_and_others_others():
    h = torch.ones(2, 50, 20)
    first, same, mixed = dropped(h), dropped(h), dropped(h, seeds=(1, 3))
    assert torch.equal(first, same)
    assert torch.equal(first[0], mixed[0]) and not torch.equal(first[1], mixed[1])
    assert not torch.equal(first[0], first[1])


def test_each_draw_is_a_new_mask():
    h = torch.ones(2, 50, 20)
    assert not torch.equal(dropped(h), dropped(h, draws=2))


def test_the_copies_of_a_member_have_masks_of_their_own():
    out = dropped(torch.ones(4, 50, 20), copies=2)
    assert all(not torch.equal(out[a], out[b]) for a in range(4) for b in range(a))
    alone = dropped(torch.ones(2, 50, 20), seeds=(2,), copies=2)
    assert torch.equal(out[2:], alone)


def test_layers_of_one_share_and_of_others_all_have_masks_of_their_own():
    model = nn.ModuleList([Dropout(0.5, 20), Dropout(0.0, 20), Dropout(0.25, 20), Dropout(0.5, 20)])
    masks = Masks(model)
    masks.rngs = [generator(1)]
    masks.draw(1000, CPU)
    out = [layer(torch.ones(1, 1000, 20)) for layer in model]
    assert (out[1] == 1).all() and not torch.equal(out[0], out[3])
    shares = [float((part == 0).float().mean()) for part in out]
    assert shares == pytest.approx([0.5, 0.0, 0.25, 0.5], abs=0.015)


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    dropped(torch.ones(2, 50, 20))
    assert torch.equal(before, torch.get_rng_state())


def test_with_a_share_of_0_no_generator_is_needed(rng):
    h = torch.randn(2, 5, 8, generator=rng)
    layer = Dropout(0.0, 8)
    Masks(layer).draw(5, CPU)
    assert torch.equal(layer(h), h)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_of_all_or_less_than_nothing_is_refused(share):
    with pytest.raises(ValueError, match=f"from 0 to below 1, not {share}"):
        Dropout(share, 8)


@pytest.mark.parametrize("activation", ["relu", "silu"])
def test_a_network_drops_after_every_hidden_layer(activation):
    """Masks of 0 leave only the last layer's bias: each of them reaches the output."""
    for dropped_layer in range(2):
        network = MLP([generator(0)], 1, 0, 1, Style((6, 4), activation, dropout=0.5))
        for weight in network.parameters():
            weight.data.fill_(1.0)
        network.middle[0].bias.data.zero_()
        for index, layer in enumerate(network.dropouts):
            layer.mask = torch.full((1, 3, layer.width), float(index != dropped_layer))
        out = network(torch.ones(1, 3, 1), torch.zeros(1, 3, 6))
        assert torch.equal(out, torch.ones(1, 3, 1))

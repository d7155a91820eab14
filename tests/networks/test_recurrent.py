"""Recurrent networks: torch's own modules, members apart, a step like a sequence."""

import pytest
import torch
from torch import nn

from jana.networks.recurrent import Recurrent
from jana.rng import generator


def rngs(*seeds):
    return [generator(seed) for seed in seeds]


def torchs(network, member):
    """torch's module with a member's weights."""
    kind = {"gru": nn.GRU, "lstm": nn.LSTM}[network.kind]
    own = kind(network.into.shape[2], network.hidden, batch_first=True)
    second = network.state_bias
    with torch.no_grad():
        own.weight_ih_l0.copy_(network.into[member])
        own.weight_hh_l0.copy_(network.over[member])
        own.bias_ih_l0.copy_(network.bias[member])
        own.bias_hh_l0.copy_(0.0 * own.bias_hh_l0 if second is None else second[member])
    return own


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_states_and_gradients_are_those_of_torchs_module(kind, rng):
    network = Recurrent(rngs(1, 2), kind, 3, 5)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=rng))
    x = torch.randn(2, 4, 7, 3, generator=rng)
    ours = network(x)
    ours.square().sum().backward()
    for member in range(2):
        own = torchs(network, member)
        theirs, _ = own(x[member])
        theirs.square().sum().backward()
        torch.testing.assert_close(ours[member], theirs)
        torch.testing.assert_close(network.over.grad[member], own.weight_hh_l0.grad)


def test_step_by_step_is_as_all_at_once(rng):
    network = Recurrent(rngs(1), "gru", 3, 5)
    x, state = torch.randn(1, 4, 6, 3, generator=rng), torch.randn(1, 4, 5, generator=rng)
    whole, found = network(x, state), []
    for index in range(6):
        state = network.step(x[:, :, index], state)
        found.append(state)
    torch.testing.assert_close(whole, torch.stack(found, 2))


def test_an_lstm_starts_with_an_open_forget_gate():
    network = Recurrent(rngs(1), "lstm", 3, 4)
    assert network.bias.view(4, 4)[1].eq(1).all() and float(network.bias.detach().sum()) == 4

"""Networks with a member axis: members never mix, and each starts as it would alone."""

import pytest
import torch

from jana.networks.mlp import MLP, Linear
from jana.networks.standardize import Standardize
from jana.rng import generator


def rngs(seeds):
    return [generator(seed) for seed in seeds]


def test_a_member_computes_what_it_would_alone(rng):
    together, alone = Linear(rngs([1, 2, 3]), 4, 5), Linear(rngs([2]), 4, 5)
    x = torch.randn(3, 7, 4, generator=rng)
    torch.testing.assert_close(together(x)[1:2], alone(x[1:2]))


def test_a_members_output_does_not_depend_on_anothers_input(rng):
    layer, x = Linear(rngs([1, 2]), 4, 5), torch.randn(2, 7, 4, generator=rng)
    before = layer(x)[0]
    x[1] += 1
    torch.testing.assert_close(layer(x)[0], before, rtol=0, atol=0)


def test_the_linear_layer_is_torchs_own(rng):
    layer, x = Linear(rngs([1]), 4, 5), torch.randn(1, 7, 4, generator=rng)
    expected = torch.nn.functional.linear(x[0], layer.weight[0].T, layer.bias[0, 0])
    torch.testing.assert_close(layer(x)[0], expected)


def test_the_network_starts_at_zero_and_learns_to_leave_it(rng):
    network = MLP(rngs([1]), 3, 2, [8, 8])
    x, offset = torch.randn(1, 5, 3, generator=rng), torch.randn(1, 5, 8, generator=rng)
    assert (network(x, offset) == 0).all()
    network(x, offset).sum().backward()
    assert network.last.weight.grad.abs().sum() > 0


def test_no_inputs_leave_the_offset(rng):
    network = MLP(rngs([1]), 0, 2, [8])
    torch.nn.init.normal_(network.last.weight, generator=rng)
    offset = torch.randn(1, 5, 8, generator=rng)
    expected = torch.nn.functional.silu(offset) @ network.last.weight
    torch.testing.assert_close(network(offset[..., :0], offset), expected)


def test_no_hidden_layer_is_refused():
    with pytest.raises(ValueError, match="one hidden layer or more, not none"):
        MLP(rngs([1]), 3, 2, [])


def test_standardizing_gives_mean_0_and_sd_1_and_leaves_a_constant_finite(rng):
    x = 5 + 3 * torch.randn(1000, 2, generator=rng)
    x[:, 1] = 4.0
    layer = Standardize(2)
    layer.set_from(x)
    z = layer(x)
    torch.testing.assert_close(z.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(z[:, 0].std(), torch.tensor(1.0))
    assert (z[:, 1] == 0).all()

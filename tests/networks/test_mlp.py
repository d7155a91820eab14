"""Networks with a member axis: members never mix, and each starts as it would alone."""

import pytest
import torch

from jana.networks.mlp import ACTIVATIONS, MLP, Linear, Style, hidden_weights
from jana.rng import generator


def rngs(seeds):
    return [generator(seed) for seed in seeds]


def linear(seeds, start="kaiming"):
    return Linear(hidden_weights(rngs(seeds), 4, 5, start))


@pytest.fixture(params=["kaiming", "glorot"])
def start(request):
    return request.param


def test_a_member_computes_what_it_would_alone(rng, start):
    together, alone = linear([1, 2, 3], start), linear([2], start)
    x = torch.randn(3, 7, 4, generator=rng)
    torch.testing.assert_close(together(x)[1:2], alone(x[1:2]))


def test_a_members_output_does_not_depend_on_anothers_input(rng):
    layer, x = linear([1, 2]), torch.randn(2, 7, 4, generator=rng)
    before = layer(x)[0]
    x[1] += 1
    torch.testing.assert_close(layer(x)[0], before, rtol=0, atol=0)


def test_the_linear_layer_is_torchs_own(rng):
    layer, x = linear([1]), torch.randn(1, 7, 4, generator=rng)
    layer.bias.data.normal_(generator=rng)
    expected = torch.nn.functional.linear(x[0], layer.weight[0].T, layer.bias[0, 0])
    torch.testing.assert_close(layer(x)[0], expected)


def test_kaimings_start_is_normal_with_a_variance_of_2_per_input():
    """Of 120,000 weights: 4 sd of their spread is 1 %."""
    weight = hidden_weights(rngs([1]), 300, 400, "kaiming")
    assert float(weight.std()) == pytest.approx((2 / 300) ** 0.5, rel=0.01)


def test_glorots_start_is_uniform_by_inputs_and_outputs_together():
    """What stands beside counts as inputs."""
    weight = hidden_weights(rngs([1]), 200, 400, "glorot", beside=100)
    limit = (6 / (200 + 100 + 400)) ** 0.5
    assert limit * 0.999 < float(weight.abs().max()) <= limit
    assert float(weight.std()) == pytest.approx(limit / 3**0.5, rel=0.01)


def test_the_network_starts_at_zero_and_learns_to_leave_it(rng, start):
    network = MLP(rngs([1]), 3, 4, 2, Style((8, 8), start=start))
    x, offset = torch.randn(1, 5, 3, generator=rng), torch.randn(1, 5, 8, generator=rng)
    assert (network(x, offset) == 0).all()
    network(x, offset).sum().backward()
    assert network.last.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_network_is_made_of_linear_layers_and_activations(rng, name):
    network = MLP(rngs([1]), 3, 4, 2, Style((8, 6), name))
    for weight in network.parameters():
        weight.data.normal_(generator=rng)
    x, offset = torch.randn(1, 5, 3, generator=rng), torch.randn(1, 5, 8, generator=rng)
    act = getattr(torch.nn.functional, name)
    h = act(x @ network.first + offset)
    h = act(h @ network.middle[0].weight + network.middle[0].bias)
    expected = h @ network.last.weight + network.last.bias
    torch.testing.assert_close(network(x, offset), expected)


def test_no_inputs_leave_the_offset(rng):
    network = MLP(rngs([1]), 0, 4, 2, Style((8,)))
    torch.nn.init.normal_(network.last.weight, generator=rng)
    offset = torch.randn(1, 5, 8, generator=rng)
    expected = torch.nn.functional.silu(offset) @ network.last.weight
    torch.testing.assert_close(network(offset[..., :0], offset), expected)


def test_what_decays_are_hidden_weights_only():
    """Not biases, and not the last layer."""
    network = MLP(rngs([1, 2]), 3, 4, 2, Style((8, 6)))
    assert [id(w) for w in network.hidden()] == [id(network.first), id(network.middle[0].weight)]


def test_copies_compute_what_as_many_networks_would(rng):
    style = Style((8, 6), "relu")
    network = MLP(rngs([1, 2]), 3, 4, 2, style, copies=(2,))
    for weight in network.parameters():
        weight.data.normal_(generator=rng)
    x, offset = torch.randn(4, 5, 3, generator=rng), torch.randn(4, 5, 8, generator=rng)
    found = network(x, offset)
    for member in range(2):
        for copy in range(2):
            alone, row = MLP(rngs([0]), 3, 4, 2, style), slice(2 * member + copy, None)
            state = {key: value[member, copy][None] for key, value in network.state_dict().items()}
            alone.load_state_dict(state)
            expected = alone(x[row][:1], offset[row][:1])
            torch.testing.assert_close(found[row][:1], expected)


def test_dropout_before_a_relu_is_dropout_behind_it(rng):
    """Which is where it is computed; a factor that is not negative passes through."""
    h, mask = torch.randn(50, generator=rng), torch.tensor([0.0, 1.25]).repeat(25)
    relu = torch.nn.functional.relu
    assert torch.equal(relu(h * mask), relu(h) * mask)


def test_no_hidden_layer_is_refused():
    with pytest.raises(ValueError, match="one hidden layer or more, not none"):
        Style(())


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match=r"one of .*'silu', 'relu', 'tanh'.*, not gelu"):
        Style((8,), "gelu")

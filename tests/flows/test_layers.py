"""What every layer must do, whatever it is: laws, in both directions, for every member."""

import math

import pytest
import torch
from torch.autograd.functional import jacobian

from jana.flows.coupling import Coupling, Elementwise
from jana.flows.mixing import ActNorm, Mixing, Permutation
from jana.flows.spline import Spline
from jana.flows.warps import Affine
from jana.rng import generator

M, B, D = 3, 7, 5
LAYERS = {
    "affine coupling": (lambda rngs, dim: Coupling(rngs, dim, Affine(), [16]), 5),
    "spline coupling": (lambda rngs, dim: Coupling(rngs, dim, Spline(8, 5.0), [16, 16]), 5),
    "spline coupling, 2 dimensions": (lambda rngs, dim: Coupling(rngs, dim, Spline(), [16]), 2),
    "affine elementwise": (lambda rngs, dim: Elementwise(rngs, dim, Affine(), [16]), 5),
    "spline elementwise, 1 dimension": (lambda rngs, dim: Elementwise(rngs, dim, Spline(), [9]), 1),
    "act-norm": (ActNorm, 5),
    "permutation": (Permutation, 5),
    "mixing": (Mixing, 5),
}
IDENTITIES = sorted(set(LAYERS) - {"permutation"})


def rngs(n=M):
    return [generator(seed) for seed in range(n)]


def build(name):
    make, dim = LAYERS[name]
    return make(rngs(), dim).double(), dim


@pytest.fixture(params=LAYERS)
def layer_and_dim(request):
    layer, dim = build(request.param)
    rng = generator(1)
    for weight in layer.parameters():  # away from the identity, where all would pass
        torch.nn.init.normal_(weight, std=0.5, generator=rng)
    return layer, dim


def inputs(layer, dim, rng):
    x = 3 * torch.randn(M, B, dim, generator=rng)  # some beyond the splines' bound
    x[:, 0] = 7.0
    return x.double(), torch.randn(M, B, layer.n_features, generator=rng).double()


def test_inverse_undoes_forward(layer_and_dim, rng):
    layer, dim = layer_and_dim
    x, features = inputs(layer, dim, rng)
    z, log_det = layer(x, features)
    back, log_det_back = layer.inverse(z, features)
    torch.testing.assert_close(back, x)
    torch.testing.assert_close(log_det_back, -log_det)


def test_forward_undoes_inverse(layer_and_dim, rng):
    layer, dim = layer_and_dim
    z, features = inputs(layer, dim, rng)
    x, log_det = layer.inverse(z, features)
    back, log_det_back = layer(x, features)
    torch.testing.assert_close(back, z)
    torch.testing.assert_close(log_det_back, -log_det)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
@pytest.mark.parametrize("member", range(M))
def test_log_det_is_that_of_the_jacobian(layer_and_dim, rng, direction, member):
    layer, dim = layer_and_dim
    x, features = inputs(layer, dim, rng)
    run = getattr(layer, direction)
    row = 2

    def one_row(value):
        rows = x.clone()
        rows[member, row] = value
        return run(rows, features)[0][member, row]

    exact = jacobian(one_row, x[member, row]).slogdet().logabsdet
    torch.testing.assert_close(run(x, features)[1][member, row], exact)


@pytest.mark.parametrize("name", IDENTITIES)
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_starts_as_the_identity(name, direction, rng):
    layer, dim = build(name)
    x, features = inputs(layer, dim, rng)
    z, log_det = getattr(layer, direction)(x, features)
    torch.testing.assert_close(z, x)
    torch.testing.assert_close(log_det, torch.zeros_like(log_det), atol=1e-12, rtol=0)


def test_a_member_does_what_it_would_alone(layer_and_dim, rng):
    layer, dim = layer_and_dim
    x, features = inputs(layer, dim, rng)
    z, log_det = layer(x, features)
    name = next(n for n, (_, d) in LAYERS.items() if type(build(n)[0]) is type(layer) and d == dim)
    alone = LAYERS[name][0](rngs(1), dim).double()
    if hasattr(layer, "warp"):
        alone = type(layer)(rngs(1), dim, layer.warp, _hidden(layer)).double()
    state = {key: value[1:2] for key, value in layer.state_dict().items()}
    alone.load_state_dict(state)
    z_alone, log_det_alone = alone(x[1:2], features[1:2])
    torch.testing.assert_close(z[1:2], z_alone)
    torch.testing.assert_close(log_det[1:2], log_det_alone)


def _hidden(layer):
    network = layer.networks[0] if hasattr(layer, "networks") else layer.network
    return [network.first.shape[-1], *(part.weight.shape[-1] for part in network.middle)]


def test_every_coordinate_of_a_coupling_is_warped(rng):
    layer = Coupling(rngs(), D, Affine(), [16]).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, generator=rng)
    x, features = inputs(layer, D, rng)
    assert (layer(x, features)[0] != x).all()


def test_one_coordinate_is_refused_with_a_remedy():
    with pytest.raises(ValueError, match="2 coordinates or more, not 1: use Elementwise"):
        Coupling(rngs(), 1, Affine(), [16])


def test_an_affine_warp_cannot_explode():
    params = torch.tensor([1e6, 0.0]).expand(1, 1, 1, 2)
    z, log_slope = Affine().forward(torch.ones(1, 1, 1), params)
    assert float(log_slope) <= math.log(1000) and z.isfinite().all()


@pytest.mark.parametrize("value", [-5.0, 5.0, -1e30, 1e30, 4.9999995])
def test_a_spline_has_no_nan_gradient_anywhere(value, rng):
    """What lies outside is masked, and a mask multiplies: NaN there would come through."""
    params = (20 * torch.randn(1, 50, 1, 23, generator=rng)).requires_grad_()
    x = torch.full((1, 50, 1), value, requires_grad=True)
    for direction in (Spline().forward, Spline().inverse):
        z, log_slope = direction(x, params)
        (z.sum() + log_slope.sum()).backward()
        assert z.isfinite().all() and log_slope.isfinite().all()
        assert x.grad.isfinite().all() and params.grad.isfinite().all()

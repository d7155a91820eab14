"""What every layer must do, whatever it is: laws, in both directions, for every member."""

import math

import pytest
import torch
from torch.autograd.functional import jacobian

from jana.flows.coupling import Coupling, Elementwise
from jana.flows.fused import Kind
from jana.flows.gaussian import Gaussian
from jana.flows.mixing import ActNorm, Mixing, Permutation
from jana.flows.published import CLAMPED_AFFINE, FreeSpline, Rotation, Scale
from jana.flows.spline import Spline
from jana.flows.warps import Affine
from jana.networks.mlp import Style
from jana.rng import generator

M, B, D, C = 3, 9, 5, 2
SMALL, DEEP, GLOROT = Style((16,)), Style((16, 16)), Style((16, 16), "relu", "glorot")
FAR = (7.0, -7.0, 30.0)  # beyond every spline's box
LAYERS = {
    "affine coupling": (lambda rngs, dim: Coupling(rngs, dim, C, Affine(), SMALL), 5),
    "spline coupling": (lambda rngs, dim: Coupling(rngs, dim, C, Spline(8, 5.0), DEEP), 5),
    "spline coupling, 2 dimensions": (lambda rngs, dim: Coupling(rngs, dim, C, Spline(), SMALL), 2),
    "affine elementwise": (lambda rngs, dim: Elementwise(rngs, dim, C, Affine(), SMALL), 5),
    "spline elementwise": (lambda rngs, dim: Elementwise(rngs, dim, C, Spline(), SMALL), 1),
    "published affine": (lambda rngs, dim: Coupling(rngs, dim, C, CLAMPED_AFFINE, GLOROT), 5),
    "published spline": (lambda rngs, dim: Coupling(rngs, dim, C, FreeSpline(6, 5.0), GLOROT), 5),
    "published, 2 dimensions": (lambda rngs, dim: Coupling(rngs, dim, C, FreeSpline(), GLOROT), 2),
    "published elementwise": (lambda rngs, dim: Elementwise(rngs, dim, C, FreeSpline(), GLOROT), 1),
    "gaussian": (lambda rngs, dim: Gaussian(rngs, dim, C, DEEP), 5),
    "gaussian, 1 dimension": (lambda rngs, dim: Gaussian(rngs, dim, C, SMALL), 1),
    "act-norm": (ActNorm, 5),
    "scale": (Scale, 5),
    "permutation": (Permutation, 5),
    "mixing": (Mixing, 5),
    "rotation": (Rotation, 5),
}
# A Gaussian's features go straight to what it tells: it starts as the identity as part of a flow.
NO_IDENTITIES = {"permutation", "rotation", "gaussian", "gaussian, 1 dimension"}
IDENTITIES = sorted(set(LAYERS) - NO_IDENTITIES)


def rngs(n=M):
    return [generator(seed) for seed in range(n)]


def build(name):
    make, dim = LAYERS[name]
    return make(rngs(), dim).double(), dim


@pytest.fixture(params=LAYERS)
def name(request):
    return request.param


@pytest.fixture
def layer_and_dim(name):
    layer, dim = build(name)
    rng = generator(1)
    for weight in layer.parameters():  # away from the identity, where all would pass
        torch.nn.init.normal_(weight, std=0.15, generator=rng)
    return layer, dim


def inputs(layer, dim, rng):
    x = 3 * torch.randn(M, B, dim, generator=rng)
    for row, value in enumerate(FAR):
        x[:, row] = value
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
@pytest.mark.parametrize("row", [1, 4])  # beyond the box, and within
def test_log_det_is_that_of_the_jacobian(layer_and_dim, rng, direction, member, row):
    layer, dim = layer_and_dim
    x, features = inputs(layer, dim, rng)
    run = getattr(layer, direction)

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


def test_a_member_does_what_it_would_alone(name, layer_and_dim, rng):
    layer, dim = layer_and_dim
    x, features = inputs(layer, dim, rng)
    z, log_det = layer(x, features)
    alone = LAYERS[name][0](rngs(1), dim).double()
    alone.load_state_dict({key: value[1:2] for key, value in layer.state_dict().items()})
    z_alone, log_det_alone = alone(x[1:2], features[1:2])
    torch.testing.assert_close(z[1:2], z_alone)
    torch.testing.assert_close(log_det[1:2], log_det_alone)


def test_a_member_starts_as_it_would_alone(name):
    together, alone = build(name)[0], LAYERS[name][0](rngs()[1:2], LAYERS[name][1])
    for key, value in alone.state_dict().items():
        torch.testing.assert_close(together.state_dict()[key][1:2].to(value), value)


def test_every_coordinate_of_a_coupling_is_warped(rng):
    layer = Coupling(rngs(), D, C, Affine(), SMALL).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, generator=rng)
    x, features = inputs(layer, D, rng)
    assert (layer(x, features)[0] != x).all()


def test_one_coordinate_is_refused_with_a_remedy():
    with pytest.raises(ValueError, match="2 coordinates or more, not 1: use Elementwise"):
        Coupling(rngs(), 1, C, Affine(), SMALL)


def test_an_affine_warp_cannot_explode():
    params = torch.tensor([1e6, 0.0]).expand(1, 1, 1, 2)
    z, log_slope = Affine().forward(torch.ones(1, 1, 1), params)
    assert float(log_slope) <= math.log(1000) and z.isfinite().all()


@pytest.fixture(params=["kernels", "tensors"])
def arithmetic(request, monkeypatch):
    """A CPU's own arithmetic, and that of all other devices."""
    if request.param == "tensors":
        monkeypatch.setattr(Kind, "takes", lambda *_, **__: False)


@pytest.mark.parametrize("warp", [Spline(), FreeSpline(8)], ids=["own", "published"])
@pytest.mark.parametrize("value", [-5.0, 5.0, -1e30, 1e30, 4.9999995])
def test_a_spline_has_no_nan_gradient_anywhere(warp, value, rng, arithmetic):
    """What lies outside is masked, and a mask multiplies: NaN there would come through."""
    size = 20 if isinstance(warp, Spline) else 3  # the published one bounds no slope
    params = (size * torch.randn(1, 50, 1, sum(warp.pieces), generator=rng)).requires_grad_()
    x = torch.full((1, 50, 1), value, requires_grad=True)
    for direction in (warp.forward, warp.inverse):
        z, log_slope = direction(x, params)
        (z.mean() + log_slope.sum()).backward()
        assert z.isfinite().all() and log_slope.isfinite().all()
        assert x.grad.isfinite().all() and params.grad.isfinite().all()


@pytest.mark.parametrize("warp", [Spline(), FreeSpline(8)], ids=["own", "published"])
def test_any_real_parameters_are_valid(warp, rng, arithmetic):
    """As `warps` promises of all of them; in single precision, where bins can vanish."""
    params = 10 * torch.randn(1, 2000, 1, sum(warp.pieces), generator=rng)
    for value in (-100.0, -4.0, 0.0, 4.0, 100.0):
        for direction in (warp.forward, warp.inverse):
            found, log_slope = direction(torch.full((1, 2000, 1), value), params)
            assert found.isfinite().all() and log_slope.isfinite().all()


def test_the_context_tells_both_sides_of_a_coupling(rng):
    """Another context moves every coordinate, by the offsets of the first hidden layers."""
    layer = Coupling(rngs(), D, C, CLAMPED_AFFINE, GLOROT).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, generator=rng)
    x, features = inputs(layer, D, rng)
    assert (layer(x, features)[0] != layer(x, features + 1)[0]).all()

"""The same maps as zuko's, where zuko has them."""

import pytest
import torch
from zuko import transforms

from jana.flows.coupling import Coupling
from jana.flows.mixing import Mixing, Permutation
from jana.flows.spline import Spline
from jana.flows.warps import Affine
from jana.networks.mlp import Style
from jana.rng import generator


@pytest.fixture
def values(rng):
    return (3 * torch.randn(2, 50, 3, generator=rng)).double()


def both_ways(ours, oracle, values):
    z, slope = ours.forward(values)
    expected, expected_slope = oracle.call_and_ladj(values)
    torch.testing.assert_close(z, expected)
    torch.testing.assert_close(slope, expected_slope)
    x, _ = ours.inverse(values)
    torch.testing.assert_close(x, oracle.inv(values))


class _Bound:
    def __init__(self, warp, params):
        self.warp, self.params = warp, params

    def forward(self, x):
        return self.warp.forward(x, self.params)

    def inverse(self, z):
        return self.warp.inverse(z, self.params)


@pytest.mark.parametrize("bins, bound", [(2, 5.0), (8, 5.0), (8, 1.0), (16, 3.0)])
def test_the_spline_is_zukos(values, rng, bins, bound):
    params = (2 * torch.randn(2, 50, 3, 3 * bins - 1, generator=rng)).double()
    oracle = transforms.MonotonicRQSTransform(
        *params.split([bins, bins, bins - 1], -1), bound=bound, slope=1e-3
    )
    both_ways(_Bound(Spline(bins, bound), params), oracle, values)


def test_the_affine_warp_is_zukos(values, rng):
    params = torch.randn(2, 50, 3, 2, generator=rng).double()
    scale, shift = params.unbind(-1)
    oracle = transforms.MonotonicAffineTransform(shift, scale, slope=1e-3)
    both_ways(_Bound(Affine(), params), oracle, values)


def test_mixing_is_zukos_lu_transform(values, rng):
    """zuko keeps the diagonal in L and not in U: L D and D^-1 U there are our L and U."""
    layer = Mixing([generator(0), generator(1)], 3).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, generator=rng)
    none = values[..., :0]
    z, log_det = layer(values, none)
    for member in range(2):
        triangles, diagonal = layer.triangles[member], layer.log_diagonal[member].exp()
        lower = triangles.tril(-1) * diagonal + diagonal.diag()
        upper = triangles.triu(1) / diagonal[:, None]
        oracle = transforms.LULinearTransform(lower + upper)
        torch.testing.assert_close(z[member], oracle(values[member]))
        expected = oracle.log_abs_det_jacobian(values[member], None)
        torch.testing.assert_close(log_det[member], expected)


def test_the_coupling_is_two_of_zukos(values, rng):
    """One spline coupling each way, told by the same networks."""
    layer = Coupling([generator(0), generator(1)], 3, 2, Spline(6, 4.0), Style((8,))).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, std=0.5, generator=rng)
    features = torch.randn(2, 50, layer.n_features, generator=rng).double()
    offsets = features.chunk(2, dim=-1)

    def side(index):
        def meta(kept):
            params = layer.tellers[index](kept, offsets[index])
            return transforms.DependentTransform(
                transforms.MonotonicRQSTransform(*params.split([6, 6, 5], -1), bound=4.0), 1
            )

        first = torch.tensor([True, False, False])
        return transforms.CouplingTransform(meta, ~first if index == 0 else first)

    oracle = transforms.ComposedTransform(side(0), side(1))
    z, log_det = layer(values, features)
    expected, expected_log_det = oracle.call_and_ladj(values)
    torch.testing.assert_close(z, expected)
    torch.testing.assert_close(log_det, expected_log_det)
    torch.testing.assert_close(layer.inverse(z, features)[0], oracle.inv(expected))


def test_the_permutation_is_zukos(values):
    layer, none = Permutation([generator(0), generator(1)], 3), values[..., :0]
    z, back = layer(values, none)[0], layer.inverse(values, none)[0]
    for member in range(2):
        oracle = transforms.PermutationTransform(layer.order[member, 0])
        torch.testing.assert_close(z[member], oracle(values[member]))
        torch.testing.assert_close(back[member], oracle.inv(values[member]))

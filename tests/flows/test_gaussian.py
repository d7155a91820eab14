"""The Gaussian layer: mean and covariance from the context, and what it is in a flow."""

import math

import pytest
import torch
from designs import flow_settings

from jana.flows.gaussian import Gaussian
from jana.networks.mlp import Style
from jana.recipes import build_flow
from jana.rng import generator

C, D = 2, 3


@pytest.fixture
def layer():
    layer = Gaussian([generator(0), generator(1)], D, C, Style((16,))).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, std=0.3, generator=generator(2))
    return layer


@pytest.fixture
def features(layer):
    return torch.randn(2, 5, layer.n_features, generator=generator(3)).double()


def test_it_starts_as_the_identity_where_its_features_come_from_its_start(rng):
    layer = Gaussian([generator(0), generator(1)], D, C, Style((16,)))
    features = torch.randn(2, 5, C, generator=rng) @ layer.start
    x = torch.randn(2, 5, D, generator=rng)
    for direction in (layer.forward, layer.inverse):
        found, log_det = direction(x, features)
        torch.testing.assert_close(found, x)
        assert (log_det == 0).all()


def test_draws_of_it_are_normal_with_a_covariance_that_varies(layer, features):
    """x = m + L^-1 z for all z, of one context: the same affine map, with det L as it says."""
    noise = torch.cat([torch.zeros(1, D), torch.eye(D)]).double()
    maps = []
    for row in range(2):
        told = features[:, row : row + 1].expand(2, D + 1, -1)
        x, log_det = layer.inverse(noise.expand(2, D + 1, D), told)
        maps.append((x[:, 1:] - x[:, :1]).mT)
        torch.testing.assert_close(torch.linalg.slogdet(maps[-1])[1], log_det[:, 0])
        # Lower triangular, with positive scales.
        torch.testing.assert_close(maps[-1], maps[-1].tril())
        assert (maps[-1].diagonal(dim1=1, dim2=2) > 0).all()
        twice, _ = layer.inverse(2 * noise.expand(2, D + 1, D), told)
        torch.testing.assert_close(twice[:, 1:] - twice[:, :1], 2 * (x[:, 1:] - x[:, :1]))
    assert not torch.allclose(*maps)


def test_it_learns_a_mean_and_a_scale_that_a_regression_cannot(rng):
    """x = N(c^2, exp(c)^2): within .04 nats of the truth, where the regression is .4 off."""
    context = torch.randn(4000, 1, generator=rng)
    x = context.square() + context.exp() * torch.randn(4000, 1, generator=rng)
    settings = flow_settings(warps="G", act_norm=False, mixing="none")
    edges = torch.full((1,), -math.inf), torch.full((1,), math.inf)
    flow = build_flow([generator(0)], settings, edges, edges)
    flow.set_from(x[:3000], context[:3000])
    truth = torch.distributions.Normal(context[:, 0].square(), context[:, 0].exp())
    exact = truth.log_prob(x[:, 0])[3000:].mean()

    def gap():
        with torch.no_grad():
            return float(exact - flow.log_prob(x[None, 3000:], context[None, 3000:]).mean())

    before = gap()
    adam = torch.optim.Adam(flow.parameters(), 5e-3)
    for _ in range(600):
        adam.zero_grad()
        (-flow.log_prob(x[None, :3000], context[None, :3000]).mean()).backward()
        adam.step()
    assert before > 0.4 and gap() < 0.04


def test_without_a_context_there_is_none():
    edges = torch.full((2,), -math.inf), torch.full((2,), math.inf)
    nothing = edges[0][:0], edges[1][:0]
    flow = build_flow([generator(0)], flow_settings(warps="GS"), edges, nothing)
    assert not any(isinstance(layer, Gaussian) for layer in flow.layers)


def test_scales_are_bounded(layer):
    """However wild its network, no layer explodes."""
    far = torch.full((2, 1, layer.n_features), 1e6).double()
    _, log_det = layer.forward(torch.ones(2, 1, D).double(), far)
    assert log_det.abs().max() < 14 * D

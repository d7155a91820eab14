"""The pair of networks: its parts, and a summary that is learned with the posterior."""

import torch
from torch import nn

from jana.flows.support import Support
from jana.joint import Joint
from jana.recipes import FlowSettings, build_flow, generators

SETTINGS = FlowSettings(1, "affine", 4, 4.0, (8,), "none", True)
SEEDS = [1, 2]


class Mean(nn.Module):
    """The mean of the data, scaled by a weight of each member."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(len(SEEDS), 1, 1))

    def forward(self, x):
        return x.mean(-1, keepdim=True) * self.scale if x.ndim == 3 else x.mean(-1, keepdim=True)


def build(context, summary=None):
    edges = [torch.full((n,), torch.inf) for n in (2, 5)]
    posterior, likelihood = (
        build_flow(generators(SEEDS, name), SETTINGS, Support(-edge, edge), size)
        for name, edge, size in zip(("p", "l"), edges, (context, 2), strict=True)
    )
    return Joint(posterior, likelihood, summary)


def pairs(rng, n=50):
    return torch.randn(n, 2, generator=rng), torch.randn(n, 5, generator=rng)


def test_a_summary_is_the_posteriors_context_and_belongs_to_its_part(rng):
    model, (theta, x) = build(1, Mean()), pairs(rng)
    model.set_from(theta, x)
    shared = model.shared(theta, x)
    direct = model.posterior.log_prob(shared[0], shared[1].mean(-1, keepdim=True))
    torch.testing.assert_close(model.log_posterior(*shared), direct)
    parts = model.parts()
    assert any(p is model.summary.scale for p in parts["posterior"].parameters())
    assert not any(p is model.summary.scale for p in parts["likelihood"].parameters())


def test_the_parts_hold_every_weight_once():
    model = build(5)
    parts = [p for part in model.parts().values() for p in part.parameters()]
    assert len(parts) == len({id(p) for p in parts}) == len(list(model.parameters()))


def test_without_a_summary_the_data_are_the_context(rng):
    model, (theta, x) = build(5), pairs(rng)
    shared = model.shared(theta, x)
    torch.testing.assert_close(model.log_posterior(*shared), model.posterior.log_prob(*shared))
    assert model.members == 2

"""Changes of a simulator: flagged at the stated rate where there is none, else as they show."""

import torch

from jana.judge import gaps
from jana.rng import generator

P, N, EACH = 8, 60, 20


def features(rng, theta, n, size):
    """Normal, at each parameter's place, with noise of a size."""
    return theta[:, None] + size * torch.randn(len(theta), n, 3, generator=rng)


def rows():
    rng = generator(1)

    def made(what, size):
        theta = 5 * torch.randn(400, 3, generator=rng)
        few = 5 * torch.randn(P, 3, generator=generator(2))
        many = features(rng, few, EACH, size).flatten(0, 1)
        return features(rng, theta, 1, size)[:, 0], many

    def summarize(x):
        return x[None]

    changes = list(gaps.changes(summarize, made, {"noise": [1.0, 3.0]}, EACH))
    theta = 5 * torch.randn(1000, 3, generator=rng)
    few = 5 * torch.randn(P, 3, generator=generator(2))
    reference = features(rng, theta, 1, 1.0)[:, 0][None]
    known = features(rng, few, N, 1.0)[None]
    return gaps.rows(rng, {"task": "t"}, reference, known, changes, 0.05, 10)


def test_what_the_prior_hides_is_seen_where_parameters_are_known():
    """Noise of 3 beside parameters of 5 hardly shows; at known parameters it does."""
    found = {(r["quantity"], r["setting"], r["draws"]): r["value"] for r in rows()}
    assert len(found) == 8
    for setting in (gaps.ANY, gaps.KNOWN):
        for draws in (1, 10):
            assert found["noise 1", setting, draws] < 0.2
    assert found["noise 3", gaps.KNOWN, 1] > 0.5 > found["noise 3", gaps.ANY, 1]
    assert found["noise 3", gaps.KNOWN, 10] > 0.8


def test_rows_name_how_they_looked():
    found = rows()
    assert {(r["method"], r["draws"]) for r in found} == {("mahalanobis", 1), ("mmd", 10)}
    assert all(r["error"] >= 0 and r["metric"] == "flagged_share" for r in found)

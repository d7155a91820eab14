"""Posterior draws of single observations: MMD, and k-hat against the exact density."""

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from ..diagnostics import two_sample
from ..diagnostics.mmd import mmd2
from ..evidence.psis import smooth
from ..io.tables import row
from ..simulators.base import Simulator

COORDINATES = 10  # that are looked at one by one, at most


def mmd_rows(
    rng: Generator,
    labels: dict,
    exact: Float[Tensor, "B L D"],
    draws: Float[Tensor, "B L D"],
    **fields: object,
) -> list[dict]:
    """Per observation: the unbiased squared MMD, and its permutation p-value."""
    found = mmd2(rng, exact, draws)
    return [
        row(labels, metric, value, observation=where, draws=exact.shape[1], **fields)
        for metric, values in (("mmd2", found.value), ("mmd_pvalue", found.p_value))
        for where, value in enumerate(values.tolist())
    ]


def exact_rows(
    rng: Generator,
    labels: dict,
    simulator: Simulator,
    x: Float[Tensor, " B *X"],
    exact: tuple[Tensor] | None,
    ours: tuple[Tensor, Tensor, Tensor],
) -> list[dict]:
    """What compares with exact draws, or a reference's, and with exact densities.

    Args:
        rng: For permutations.
        labels: Columns that all rows share.
        simulator: Of the task.
        x: The observations.
        exact: Exact draws (B, L, D), or a reference's, where there are any.
        ours: Direct draws (M, B, L, D), their log densities, refined draws.
    """
    found, (direct, log_density, refined) = [], ours
    log_likelihood = simulator.judged_likelihood
    if log_likelihood is not None:
        # One observation at a time, to bound memory.
        each = zip(direct.unbind(1), x.split(1), strict=True)
        likelihood = torch.stack([log_likelihood(theta, one) for theta, one in each], dim=1)
        target = simulator.prior.log_prob(direct) + likelihood
        found += khat_rows(labels, target, log_density)
    if exact is None:
        return found
    for method, sample in (("jana", direct), ("jana_refined", refined)):
        for seed, member in enumerate(sample):
            found += mmd_rows(rng, labels, exact[0], member, method=method, seed=seed)
    return found


def compared(
    shown: int, posterior: tuple[tuple[Tensor] | None, Tensor], surrogate: tuple[Tensor, Tensor]
) -> dict[str, tuple[Float[Tensor, "B L K"], Float[Tensor, "B L K"]]]:
    """Pairs of samples to look at, of the first few observations and coordinates.

    Args:
        shown: How many observations.
        posterior: Exact draws, where there are any, and ours.
        surrogate: Simulated data at the true parameters, and the likelihood network's.
    """
    exact, ours = posterior
    pairs = {"surrogate": surrogate} | ({} if exact is None else {"posterior": (exact[0], ours)})
    return {
        kind: tuple(sample[:shown].flatten(2)[..., :COORDINATES] for sample in pair)
        for kind, pair in pairs.items()
    }


def khat_rows(
    labels: dict, exact: Float[Tensor, "M B L"], ours: Float[Tensor, "M B L"]
) -> list[dict]:
    """Per seed and observation: k-hat of exact prior * likelihood over the posterior network.

    Args:
        labels: Columns that all rows share.
        exact: log prior + log likelihood of the simulator at draws of the posterior network.
        ours: Log density of these draws.
    """
    khats = smooth(exact.double() - ours.double()).khat
    fields = {"method": "jana_true_likelihood", "draws": ours.shape[2]}
    return [
        row(labels, "khat", float(khat), seed=seed, observation=where, **fields)
        for seed, members in enumerate(khats)
        for where, khat in enumerate(members)
    ]


def refined_rows(
    labels: dict, khat: Float[Tensor, "M B"], chosen: Int[Tensor, "M B"]
) -> list[dict]:
    """Per seed and observation: k-hat of the refined draws; the share of them that are refined."""
    fields = {"method": "jana_refined"}
    khats = [
        row(labels, "khat", float(value), seed=seed, observation=where, **fields)
        for seed, members in enumerate(khat)
        for where, value in enumerate(members)
    ]
    return khats + [
        row(labels, "refined", float(member.double().mean()), seed=seed, **fields)
        for seed, member in enumerate(chosen)
    ]


def coordinates(
    rng: Generator, pairs: dict[str, tuple[Tensor, Tensor]], level: float
) -> dict[str, tuple[tuple[str, ...], Tensor]]:
    """Differences of both samples' ECDFs, by coordinate, and a band for all lines of a kind.

    Args:
        rng: For the bands.
        pairs: Samples (B, L, K) by kind, from `compared`.
        level: Share of pairs of equal distributions all of whose lines stay within the band.
    """
    found = {}
    for kind, (one, other) in pairs.items():
        gaps = two_sample.ecdf_differences(one, other)
        lines = gaps.shape[0] * gaps.shape[1]
        band = two_sample.band(rng, one.shape[1], other.shape[1], 1 - (1 - level) / lines)
        found[kind] = (("dataset", f"{kind}_coordinate", f"{kind}_point"), gaps)
        for name, values in band._asdict().items():
            found[f"{kind}_{name}"] = ((f"{kind}_point",), values)
    return found

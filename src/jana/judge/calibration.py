"""SBC, joint SBC and TARP: curves with their bands, p-values, and draws outside the prior."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from ..diagnostics import ecdf, tarp
from ..diagnostics.densities import share_outside
from ..diagnostics.ranks import ranks, tied_ranks, weighted_ranks
from ..evidence import LARGEST_KHAT
from ..evidence.psis import smooth
from ..io.tables import row
from ..rng import generator

METRICS = {"posterior": "sbc_pvalue", "joint": "jsbc_pvalue"}
GAPS = {"posterior": "sbc", "joint": "jsbc"}  # what the metrics of the curves begin with
SCORES = ("log_likelihood", "log_posterior")  # what is ranked beside the parameters
LARGEST_SHARE = 0.5  # of all weight, that one point may have: a tail of one is none for k-hat
EXTRA = (*SCORES, "tarp")


class Answers(NamedTuple):
    """What is ranked, for one kind of data and one member.

    Attributes:
        draws: Posterior draws of every data set.
        scores: Log likelihood and log posterior of each draw, as the networks have them.
        truth: The same of the parameters that the data came from.
        reference: A point for each data set that does not depend on the truth, for TARP.
        log_weights: Where the draws stand for another posterior: log weights of the truth, then of
            each draw.
    """

    draws: Float[Tensor, "B L D"]
    scores: Float[Tensor, "B L S"]
    truth: Float[Tensor, "B S"]
    reference: Float[Tensor, "B D"]
    log_weights: Float[Tensor, "B K"] | None = None


class Calibration(NamedTuple):
    """Rank ECDFs of every member and quantity, over one simultaneous band.

    Quantities are the parameters, the log likelihood, the log posterior, and the distance from
    TARP's reference point.

    Attributes:
        grid: Fractional ranks (K,).
        posterior: ECDFs of posterior SBC (M, Q, K).
        joint: ECDFs of joint SBC.
        lower: Lower edge of the band for all quantities of a task together (K,).
        upper: Its upper edge.
        p_values: By kind, (M, Q), adjusted for the number of quantities.
    """

    grid: Float[Tensor, " K"]
    posterior: Float[Tensor, "M Q K"]
    joint: Float[Tensor, "M Q K"]
    lower: Float[Tensor, " K"]
    upper: Float[Tensor, " K"]
    p_values: dict[str, Float[Tensor, "M Q"]]


def quantity_ranks(
    rng: Generator, theta: Float[Tensor, "B D"], answers: Answers
) -> Int[Tensor, "B Q"]:
    """Ranks of the true parameters, of their scores, and of their distance from the reference."""
    if answers.log_weights is not None:
        own, drawn = tarp.distances(theta, answers.draws, answers.reference)
        truth = torch.cat([theta, answers.truth, own], -1)
        found = torch.cat([answers.draws, answers.scores, drawn], -1)
        return weighted_ranks(rng, truth, found, answers.log_weights)
    return torch.cat(
        [
            ranks(theta, answers.draws),
            tied_ranks(rng, answers.truth, answers.scores),
            tarp.ranks(theta, answers.draws, answers.reference),
        ],
        dim=1,
    )


def refined(
    members: Sequence[Answers],
    log_prior: Callable[[Tensor], Tensor],
    theta: Float[Tensor, "B D"],
    powers: Sequence[float],
) -> list[Answers]:
    """The same draws with the weights of refined ones: (prior * likelihood network / q)^power.

    Data sets whose weights, the truth's among them, have a k-hat that is too large keep direct
    ones, and so do those with a weight that is no number. It is the ideal posterior that is
    judged, not the draws chosen for it. With a power of 1 joint SBC holds by construction, where
    weights are trusted: it checks the arithmetic alone.

    Args:
        members: Draws of each member's posterior network q, scored by both networks.
        log_prior: log p(theta), -inf outside the support.
        theta: The true parameters.
        powers: The pooling of each member.
    """
    found = []
    for answers, power in zip(members, powers, strict=True):
        points = torch.cat([theta[:, None], answers.draws], 1)
        scores = torch.cat([answers.truth[:, None], answers.scores], 1).double()
        ratios = log_prior(points).double() + scores[..., 0] - scores[..., 1]
        finite = (ratios < torch.inf).all(1)  # NaN is not, either
        weights = torch.where(ratios.isneginf(), ratios, power * ratios)
        weights = weights.where(finite[:, None], 0.0)
        # Of the truth and the draws alike: a truth where there are no draws has nearly all weight.
        shared = weights.softmax(1).amax(1) < LARGEST_SHARE
        trusted = finite & shared & (smooth(weights).khat <= LARGEST_KHAT)
        found.append(answers._replace(log_weights=weights.where(trusted[:, None], 0.0)))
    return found


def references(
    x: Float[Tensor, " B *X"],
    pool: tuple[Float[Tensor, "N D"], Float[Tensor, " N *X"]],
    exchangeable: bool,
) -> Float[Tensor, "B D"]:
    """The parameters of the nearest of other simulated data sets.

    Args:
        x: Data sets that are judged.
        pool: theta and x of others.
        exchangeable: Whether the order of trials is of no account: they are sorted first.
    """
    theta, others = pool
    if exchangeable:
        x, others = x.sort(1).values, others.sort(1).values
    return theta[tarp.neighbours(x, others)]


def calibration(
    rng: Generator,
    theta: Float[Tensor, "B D"],
    answers: dict[str, list[Answers]],
    level: float,
    null: Float[Tensor, " S"] | None = None,
) -> Calibration:
    """Judges the answers of every member, by kind ("posterior" and "joint").

    Args:
        rng: Of what is random in it.
        theta: The true parameters.
        answers: Of every member.
        level: Of the band.
        null: How ECDFs of uniform ranks spread, if known: see `uniform`.
    """
    sets, n = answers["posterior"][0].draws.shape[:2]
    null = uniform(rng, answers) if null is None else null
    found = {
        kind: torch.stack([quantity_ranks(rng, theta, member) for member in answers[kind]])
        for kind in METRICS
    }
    band = ecdf.band(null, sets, n, 1 - (1 - level) / found["posterior"].shape[2])
    curves = {
        kind: torch.stack([ecdf.ecdf(member, n) for member in members])
        for kind, members in found.items()
    }
    p_values = {
        kind: torch.stack([adjusted(member, n, null) for member in members])
        for kind, members in found.items()
    }
    return Calibration(
        ecdf.grid(n), **curves, lower=band.lower, upper=band.upper, p_values=p_values
    )


def both(
    seed: int,
    theta: Float[Tensor, "B D"],
    direct: dict[str, list[Answers]],
    weighted: dict[str, list[Answers]],
    level: float,
) -> list[Calibration]:
    """Of direct and of refined draws, by the same uniform ranks; see `calibration`."""
    null = uniform(generator(seed), direct)
    return [calibration(generator(seed), theta, each, level, null) for each in (direct, weighted)]


def uniform(rng: Generator, answers: dict[str, list[Answers]]) -> Float[Tensor, " S"]:
    """The extremes of ECDFs of as many uniform ranks as these answers have; it takes a while."""
    return ecdf.null_extremes(rng, *answers["posterior"][0].draws.shape[:2])


def curves(found: Calibration) -> dict[str, tuple[tuple[str, ...], Tensor]]:
    """Rank ECDFs and their band, with axes, to be stored."""
    axes = ("member", "quantity", "rank")
    band = {name: (("rank",), getattr(found, name)) for name in ("grid", "lower", "upper")}
    return band | {kind: (axes, getattr(found, kind)) for kind in METRICS}


def outside(
    labels: dict, log_prior: Callable[[Tensor], Tensor], answers: dict[str, list[Answers]]
) -> list[dict]:
    """Per seed: the share of draws given simulated data that lie outside the prior."""
    shares = [share_outside(log_prior(each.draws).flatten()) for each in answers["posterior"]]
    return [
        row(labels, "outside_support", share, seed=seed, method="jana")
        for seed, share in enumerate(shares)
    ]


def weighed(labels: dict, refined: dict[str, list[Answers]]) -> list[dict]:
    """Per seed: the share of data sets that count with refined draws, not with direct ones."""
    return [
        row(labels, f"{GAPS[kind]}_refined", float(share), seed=seed, method="jana_refined")
        for kind, members in refined.items()
        for seed, answers in enumerate(members)
        for share in [(answers.log_weights != 0).any(1).double().mean()]
    ]


def rows(labels: dict, found: Calibration, names: Sequence[str], method: str) -> list[dict]:
    """Per seed: adjusted p-values of each kind and quantity.

    `sbc_above` and `sbc_below` (`jsbc_...`) are how far the ECDF of ranks rises above that of
    uniform ones, and falls below it.
    """
    p_values = [
        row(labels, METRICS[kind], float(p), seed=seed, quantity=name, method=method)
        for kind, members in found.p_values.items()
        for seed, member in enumerate(members)
        for name, p in zip([*names, *EXTRA], member, strict=True)
    ]
    return p_values + _gaps(labels, found, names, method)


def _gaps(labels: dict, found: Calibration, names: Sequence[str], method: str) -> list[dict]:
    """The largest differences of the rank ECDFs from uniform ones, in both directions."""
    table = []
    for kind, start in GAPS.items():
        off = getattr(found, kind) - found.grid
        ends = {f"{start}_above": off.amax(-1), f"{start}_below": off.amin(-1)}
        table += [
            row(labels, metric, float(value), seed=seed, quantity=name, method=method)
            for metric, members in ends.items()
            for seed, member in enumerate(members)
            for name, value in zip([*names, *EXTRA], member, strict=True)
        ]
    return table


def adjusted(found: Int[Tensor, "B Q"], n: int, null: Float[Tensor, " S"]) -> Float[Tensor, " Q"]:
    """p-values of uniformity, adjusted for how many quantities there are."""
    extremes = ecdf.extremes(ecdf.counts_below(found, n), len(found))
    return ecdf.holm(ecdf.p_values(extremes, null))

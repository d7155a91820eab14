"""Losses: named terms, one value per member, whose sum is minimized."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from ..joint import Joint
from ..shared import SharedSummary


class Trials(NamedTuple):
    """Which of a data set's exchangeable trials each network sees in a step."""

    posterior: Int[Tensor, " P"]
    likelihood: Int[Tensor, " L"]


def some_trials(
    rng: Generator, trials: int, least: float, likelihood: int, in_order: bool = False
) -> Trials:
    """A random subset for each network.

    The posterior's size varies, so that it learns data sets of many sizes.

    Args:
        rng: Where they are drawn from.
        trials: How many there are.
        least: Smallest share of them for the posterior network.
        likelihood: How many for the likelihood network, whose loss is scaled up in turn.
        in_order: Whether the posterior's are the first ones, the likelihood's the last.
    """
    fewest = max(1, round(least * trials))
    size = int(torch.randint(fewest, trials + 1, (), generator=rng))
    order = torch.arange(trials) if in_order else torch.randperm(trials, generator=rng)
    return Trials(order[:size], order.flip(0)[:likelihood])


def nll(
    model: Joint,
    theta: Float[Tensor, "M B D"],
    x: Float[Tensor, "M B *X"],
    trials: Trials | None = None,
    names: tuple[str, ...] = ("posterior", "likelihood"),
) -> dict[str, Float[Tensor, " M"]]:
    """Mean negative log densities of the flows, in nats per data set, by network.

    Args:
        model: Both flows.
        theta: Parameters.
        x: The data sets they gave.
        trials: A subset of exchangeable trials: the sum over the likelihood's is scaled up to all
            of them, which leaves its expectation as it is.
        names: Of which networks.
    """
    if isinstance(model, SharedSummary):
        return summary_nll(model, theta, x, trials, names)
    if trials is None:
        seen = given = x
    else:
        seen, given = x[:, :, trials.posterior], x[:, :, trials.likelihood]
    found = {}
    if "posterior" in names:
        found["posterior"] = _posterior(model, theta, seen)
    if "likelihood" in names:
        scale = x[0, 0].numel() / given[0, 0].numel()
        found["likelihood"] = -scale * model.log_likelihood(theta, given).mean(-1)
    return found


def _posterior(
    model: Joint, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B *X"]
) -> Float[Tensor, " M"]:
    """The posterior's loss, with the distance of its summary from normal features if asked."""
    context = model.context(x)
    loss = -model.posterior.log_prob(theta, context).mean(-1)
    if not model.penalty:
        return loss
    return loss + model.penalty * normal_mmd2(context[..., model.summary.learned])


LEAST = -80.0  # of exponents: what underflows takes ten times as long
# As variances: the paper's, of its penalty on summaries.
SCALES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 5, 10, 15, 20, 25, 30, 35, 100, 1e3, 1e4, 1e5, 1e6)


def normal_mmd2(features: Float[Tensor, "M B C"]) -> Float[Tensor, " M"]:
    """Squared MMD of rows from a standard normal distribution, for the sum of `SCALES` kernels.

    Biased, as the paper has it: each row is compared with itself too. The expectations over the
    normal distribution are exact, where the paper draws from it.

    Reference: Radev et al. (2023), arXiv:2302.09125, section 3; Gretton et al. (2012), JMLR 13.
    """
    square = features.square().sum(-1)
    apart = square[..., None] + square[..., None, :] - 2 * features @ features.mT
    apart, size, total = apart.clamp(min=0), features.shape[-1], 0.0
    for scale in SCALES:
        within = (-apart / (2 * scale)).clamp(min=LEAST).exp().mean((-2, -1))
        narrow = (scale / (scale + 1)) ** (size / 2)
        between = narrow * (-square / (2 * (scale + 1))).exp().mean(-1)
        total = total + within - 2 * between + (scale / (scale + 2)) ** (size / 2)
    return total


def summary_nll(
    model: SharedSummary,
    theta: Float[Tensor, "M B D"],
    x: Float[Tensor, "M B *X"],
    trials: Trials | None = None,
    names: tuple[str, ...] = ("posterior", "likelihood"),
) -> dict[str, Float[Tensor, " M"]]:
    """`nll` where the likelihood is one of the summary: the posterior's has `normal_mmd2` added.

    Args:
        model: Both flows and their summary.
        theta: Parameters.
        x: The data sets they gave.
        trials: A subset of exchangeable trials, for the summary.
        names: Of which networks.
    """
    features = model.context(x if trials is None else x[:, :, trials.posterior])
    found = {}
    if "posterior" in names:
        nats = -model.posterior.log_prob(theta, features).mean(-1)
        found["posterior"] = nats + normal_mmd2(features)
    if "likelihood" in names:
        seen = features if model.both else features.detach()
        found["likelihood"] = -model.log_likelihood_of_features(theta, seen).mean(-1)
    return found

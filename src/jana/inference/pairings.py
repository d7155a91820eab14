"""Evidence and leave-one-out of data sets by every pairing of a posterior and a likelihood.

Where the true likelihood is known, and a reference has drawn from the true posterior, either
network can stand beside a true partner: which of the two an error comes from can be seen then.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..evidence import elpd
from ..evidence.amortized import LogMarginal, log_mean_weight
from ..evidence.elpd import Elpd
from ..flows.flow import Sample
from ..joint import Joint
from ..simulators.base import Simulator
from .loo import draws_left_out, log_likelihood_left_out
from .surrogate import log_likelihood_of_trials


class Pairing(NamedTuple):
    """What one pairing says of a data set, a value for each member."""

    marginal: LogMarginal
    left_out: Elpd


class Fitted(NamedTuple):
    """A reference fit of a data set.

    Attributes:
        draws: Of its posterior, chain after chain.
        chains: How many chains those are.
        log_marginal: Its log p(x), and the Monte Carlo error of that.
    """

    draws: Float[Tensor, "S D"]
    chains: int
    log_marginal: tuple[float, float]


def compared(
    model: Joint,
    rngs: Sequence[Generator],
    simulator: Simulator,
    found: Sample,
    x: Float[Tensor, "M B T X"],
    n: int,
    fitted: dict[int, Fitted],
) -> dict[str, Pairing]:
    """All pairings of every data set: of `ours`, and of `theirs` where all have a reference fit.

    Args:
        model: The pair.
        rngs: One generator per member.
        simulator: With the log likelihood of any number of trials.
        found: Draws of the posterior network (M, B, L, D).
        x: Data sets.
        n: Draws of each posterior without a trial.
        fitted: Reference fits, by data set.
    """
    made: dict[str, list[Pairing]] = {}
    for at, one in enumerate(x.unbind(1)):  # one after another, to bound memory
        given = Sample(found.draws[:, at : at + 1], found.log_prob[:, at : at + 1])
        each = ours(model, rngs, simulator, given, one, n)
        if len(fitted) == x.shape[1]:
            each["jana_true_posterior"] = theirs(model, simulator, fitted[at], one)
        for name, pairing in each.items():
            made.setdefault(name, []).append(pairing)
    return {name: _stacked(pairings) for name, pairings in made.items()}


def _stacked(found: list[Pairing]) -> Pairing:
    """Of single data sets, side by side: their axis follows that of members."""
    marginal, left_out = (
        type(part[0])(*(torch.stack(values, 1) for values in zip(*part, strict=True)))
        for part in zip(*found, strict=True)
    )
    return Pairing(marginal, left_out)


def ours(
    model: Joint,
    rngs: Sequence[Generator],
    simulator: Simulator,
    found: Sample,
    x: Float[Tensor, "M T X"],
    n: int,
) -> dict[str, Pairing]:
    """Of our posterior network, with our likelihood and with the true one.

    Leave-one-out is by the posterior network on the other trials (`jana`, and
    `jana_true_likelihood`), and by importance sampling from draws given all of them, reweighted by
    the likelihood network (`jana_refined`).

    Args:
        model: The pair.
        rngs: One generator per member.
        simulator: With the log likelihood of any number of trials.
        found: Draws of the posterior network given all trials (M, 1, L, D).
        x: The data set.
        n: Draws of each posterior without a trial.
    """
    log_prior = simulator.prior.log_prob(found.draws)[:, 0].double()
    base = log_prior - found.log_prob[:, 0].double()
    each = {
        "jana": log_likelihood_of_trials(model, found.draws, x[:, None])[:, 0].double(),
        "jana_true_likelihood": of_trials(simulator, found.draws[:, 0], x),
    }
    ratios = {name: base + values.sum(-1) for name, values in each.items()}
    without = draws_left_out(model, rngs, x, n)
    single = {
        "jana": log_likelihood_left_out(model, without, x),
        "jana_true_likelihood": of_trials(simulator, without.transpose(1, 2), x),
    }
    made = {
        name: Pairing(log_mean_weight(ratios[name]), elpd.direct(single[name])) for name in each
    }
    weights = without_one(ratios["jana"], each["jana"])
    left_out = elpd.importance(each["jana"], weights)
    return made | {"jana_refined": Pairing(made["jana"].marginal, left_out)}


def theirs(
    model: Joint, simulator: Simulator, fitted: Fitted, x: Float[Tensor, "M T X"]
) -> Pairing:
    """Of our likelihood network with the true posterior: draws of a reference fit, reweighted.

    The evidence of our likelihood is that of the true one, times the mean over the true posterior
    of the ratio of both.
    """
    (draws,) = model.shared(fitted.draws)
    true = of_trials(simulator, draws, x)
    single = draws[:, None].to(x)
    mine = log_likelihood_of_trials(model, single, x[:, None])[:, 0].double()
    ratio = log_mean_weight((mine - true).sum(-1))
    value, error = fitted.log_marginal
    marginal = LogMarginal(
        ratio.value + value, (ratio.error.square() + error**2).sqrt(), ratio.khat
    )
    return Pairing(marginal, elpd.importance(mine, -true, fitted.chains))


def of_trials(
    simulator: Simulator, draws: Float[Tensor, "M L *D"], x: Float[Tensor, "M T X"]
) -> Float[Tensor, "M L T"]:
    """The true log density of each trial at each draw (M, L, D), or at its own draws (M, L, T, D).

    Raises:
        ValueError: If the simulator has no log likelihood.
    """
    if simulator.log_likelihood is None:
        raise ValueError(
            "a pairing with the true likelihood needs a simulator with `log_likelihood`, but this "
            "one has none: give it one"
        )
    theta = draws if draws.ndim == 4 else draws[:, :, None]
    return simulator.log_likelihood(theta.double(), x[:, None, :, None].double())


def without_one(
    ratios: Float[Tensor, "M L"], each: Float[Tensor, "M L T"]
) -> Float[Tensor, "M L T"]:
    """Log importance ratios of posteriors that have not seen a trial; zero weights stay zero."""
    impossible = ratios.isneginf()[..., None].expand_as(each)
    return torch.where(impossible, ratios[..., None], ratios[..., None] - each)

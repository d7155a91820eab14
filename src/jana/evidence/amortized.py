"""The log marginal likelihood from draws of an approximate posterior."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from .predictive import log_mean
from .psis import smooth


class LogMarginal(NamedTuple):
    """Estimates of log p(x), in nats.

    Attributes:
        value: One per data set.
        error: Monte Carlo standard error, of the smoothed weights.
        khat: Pareto shape of the weights; above 0.7 neither value nor error is to be trusted.
    """

    value: Float[Tensor, "*B"]
    error: Float[Tensor, "*B"]
    khat: Float[Tensor, "*B"]


def log_marginal(
    log_prior: Float[Tensor, "*B L"],
    log_likelihood: Float[Tensor, "*B L"],
    log_posterior: Float[Tensor, "*B L"],
) -> LogMarginal:
    """log of the mean over draws of prior * likelihood / posterior, Pareto-smoothed.

    The draws are importance draws from the approximate posterior, so the plain mean would be
    unbiased for the evidence of the likelihood that is given; smoothing trades a little bias for
    a much smaller variance. Draws outside the prior count as zeros. Exact densities give the
    same number at every draw.

    Args:
        log_prior: At draws of the approximate posterior; -inf outside the support.
        log_likelihood: log p(x_b | theta), exact or from the likelihood network.
        log_posterior: Log density of the draws under what they were drawn from.
    """
    return log_mean_weight(log_prior.double() + log_likelihood.double() - log_posterior.double())


def log_mean_weight(log_weights: Float[Tensor, "*B L"]) -> LogMarginal:
    """log of the mean of importance weights, Pareto-smoothed."""
    smoothed = smooth(log_weights)
    value, error = log_mean(smoothed.log_weights)
    return LogMarginal(value, error, smoothed.khat)

"""Log predictive densities: the log of a mean of densities over draws."""

import math
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor


class Predictive(NamedTuple):
    """Estimates of a log density, in nats, and their Monte Carlo standard error."""

    value: Float[Tensor, "*B"]
    error: Float[Tensor, "*B"]


def log_mean(log_values: Float[Tensor, "*B L"]) -> Predictive:
    """log of the mean over draws of exp(log_values), its error by the delta method.

    With log p(y | theta_l) at draws of the posterior for x it is the log posterior predictive
    density of new data y. An error above 0.5 or so is itself not to be trusted, and the value
    tends to be too low: a few draws then stand for all.

    Args:
        log_values: At independent draws; -inf for a density of zero. If all are, the value is
            -inf and the error inf.

    Raises:
        ValueError: If there are fewer than 2 draws, or a value is NaN or infinite.
    """
    n = log_values.shape[-1]
    if n < 2:
        raise ValueError(f"a mean with an error needs 2 draws or more, not {n}: draw more")
    if not (log_values < math.inf).all():
        raise ValueError(
            "log densities must be numbers or -inf, not NaN or inf: look at where they came from"
        )
    logs = log_values.double()
    value = logs.logsumexp(-1) - math.log(n)
    relative = (logs - value[..., None]).exp()  # densities over their mean
    error = relative.std(-1) / math.sqrt(n)
    return Predictive(value, error.where(value > -math.inf, math.inf))

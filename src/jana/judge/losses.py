"""Losses of series' networks in the units that the paper states them in."""

from jaxtyping import Float
from torch import Tensor

from ..diagnostics.densities import mean
from ..io.tables import row

LEAST = 1e-6  # standard deviation of a series that does not vary


def rows(
    labels: dict,
    spread: Float[Tensor, " D"],
    x: Float[Tensor, "B T X"],
    log_posterior: Float[Tensor, "M B"],
    log_likelihood: Float[Tensor, "M B"],
    penalty: Float[Tensor, " M"],
) -> list[dict]:
    """By member: the posterior network's with its penalty, the likelihood network's per step.

    Densities are those of parameters in units of their standard deviations, and of series in units
    of their own; they are to be compared with published ones of as many simulations.

    Args:
        labels: Columns that all rows share.
        spread: Standard deviation of each parameter.
        x: Held-out series.
        log_posterior: Of their parameters.
        log_likelihood: Of the series.
        penalty: What the summary's distance from normal features adds.
    """
    found = []
    of_theta = -log_posterior - spread.double().log().sum()
    sd = x.double().std(1, correction=0).clamp(min=LEAST)
    per_step = -log_likelihood / x.shape[1] - sd.log().sum(-1)
    for member, (one, other, more) in enumerate(zip(of_theta, per_step, penalty, strict=True)):
        fields = labels | {"method": "jana", "seed": member}
        score, step = mean(one), mean(other)
        value = score.value + float(more)
        found.append(row(fields, "loss_posterior", value, error=score.error, unit="nats"))
        found.append(row(fields, "loss_likelihood", step.value, error=step.error, unit="nats"))
    return found

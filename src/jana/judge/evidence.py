"""Amortized log marginal likelihoods against the exact ones."""

from jaxtyping import Float
from torch import Tensor

from ..diagnostics.densities import mean, root_mean_square
from ..evidence.amortized import LogMarginal
from ..io.tables import row


def rows(labels: dict, ours: LogMarginal, exact: Float[Tensor, " B"], draws: int) -> list[dict]:
    """Per seed: each data set's error and k-hat, the root mean square error, and the bias."""
    shared = {"method": "jana", "draws": draws}
    found = []
    for seed, (values, errors, khats) in enumerate(zip(*ours, strict=True)):
        gaps = values.double() - exact.double()
        for metric, score in (("lml_rmse", root_mean_square(gaps)), ("lml_bias", mean(gaps))):
            found.append(
                row(
                    labels, metric, score.value, error=score.error, seed=seed, unit="nats", **shared
                )
            )
        for observation, (gap, error, khat) in enumerate(zip(gaps, errors, khats, strict=True)):
            where = {"seed": seed, "observation": observation, **shared}
            found += [
                row(labels, "lml_error", float(gap), error=float(error), unit="nats", **where),
                row(labels, "khat", float(khat), **where),
            ]
    return found

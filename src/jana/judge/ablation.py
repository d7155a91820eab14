"""Both networks trained jointly against each for itself, paired over seeds."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from jaxtyping import Float
from torch import Tensor

from ..diagnostics.densities import mean
from ..evidence.amortized import LogMarginal
from ..io.tables import row

LOSSES = ("nll_posterior", "nll_refined", "nll_likelihood")


def rows(
    labels: dict,
    log_prior: Float[Tensor, " B"],
    log_posterior: Float[Tensor, "M B"],
    log_likelihood: Float[Tensor, "M B"],
    marginal: LogMarginal,
    of_data: bool,
) -> list[dict]:
    """Per seed: held-out losses of what each network says of the parameters, and of the data.

    `nll_posterior` is the posterior network's. `nll_refined` is that of prior * likelihood network,
    normalised by the evidence of both: what the likelihood network alone knows of the
    parameters, in the same unit, whatever its likelihood is one of. `nll_likelihood` is that of
    the data.

    Args:
        labels: Columns that all rows share.
        log_prior: Of held-out parameters.
        log_posterior: Of the same, under the posterior network.
        log_likelihood: Of their data, or of the summary of these.
        marginal: log p(x) of both networks together.
        of_data: Whether the likelihood is one of the data.
    """
    refined = log_prior.double() + log_likelihood.double() - marginal.value
    scores = {"nll_posterior": log_posterior, "nll_refined": refined}
    if of_data:
        scores["nll_likelihood"] = log_likelihood
    shared = {"method": "jana", "unit": "nats"}
    return [
        row(labels, metric, score.value, error=score.error, seed=seed, **shared)
        for metric, members in scores.items()
        for seed, score in enumerate(mean(-member) for member in members)
    ]


def paired(table: pd.DataFrame, pairs: Mapping[str, Sequence[str]]) -> list[dict]:
    """How much higher a loss is where networks are trained jointly: mean over seeds.

    A seed has the same simulations, initial weights and order of the data in both, so the
    difference is of the training alone. The error is the standard error over seeds.

    Args:
        table: What `rows` made, of all designs.
        pairs: By what is asked: the design that is trained separately, and jointly.
    """
    found = []
    for asked, (alone, jointly) in pairs.items():
        for metric in LOSSES:
            wide = table[table.metric == metric].pivot_table(
                index=["experiment", "task", "budget", "seed"], columns="design", values="value"
            )
            if not {alone, jointly} <= set(wide.columns):
                continue
            gaps = (wide[jointly] - wide[alone]).dropna()
            for (experiment, task, budget), values in gaps.groupby(level=[0, 1, 2]):
                labels = {"experiment": experiment, "task": task, "budget": budget}
                labels |= {"design": jointly, "setting": "ablation", "unit": "nats"}
                error = float(values.std() / math.sqrt(len(values))) if len(values) > 1 else None
                fields = {"quantity": asked, "method": "jana", "error": error}
                found.append(row(labels, f"{metric}_joint", float(values.mean()), **fields))
    return found

"""Held-out losses, and Kullback-Leibler divergences from the exact densities."""

from jaxtyping import Float
from torch import Tensor

from ..diagnostics.densities import divergence, mean
from ..io.tables import row

Pair = tuple[Tensor, Tensor]  # of the posterior, of the likelihood


def rows(labels: dict, ours: Pair, exact: Pair) -> list[dict]:
    """Per seed: nll and kl of the posterior, the likelihood, and both together, in nats.

    Args:
        labels: Columns that all rows share.
        ours: Log densities (M, B) of held-out pairs under each network.
        exact: The same (B,) under the exact conditionals.
    """
    found, unlabelled = [], {key: labels[key] for key in ("experiment", "task") if key in labels}
    for part, network, truth in _parts(ours, exact):
        best = mean(-truth)
        found.append(
            row(
                unlabelled,
                f"nll_{part}",
                best.value,
                error=best.error,
                method="exact",
                unit="nats",
            )
        )
        for seed, member in enumerate(network):
            for metric, score in (("nll", mean(-member)), ("kl", divergence(truth, member))):
                found.append(
                    row(
                        labels,
                        f"{metric}_{part}",
                        score.value,
                        error=score.error,
                        seed=seed,
                        method="jana",
                        unit="nats",
                    )
                )
    return found


def _parts(ours: Pair, exact: Pair) -> list[tuple[str, Float[Tensor, "M B"], Float[Tensor, " B"]]]:
    """The two parts, and both together."""
    (posterior, likelihood), (true_posterior, true_likelihood) = ours, exact
    joint = posterior.double() + likelihood.double()
    return [
        ("posterior", posterior, true_posterior),
        ("likelihood", likelihood, true_likelihood),
        ("joint", joint, true_posterior.double() + true_likelihood.double()),
    ]

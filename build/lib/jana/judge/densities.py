"""Held-out losses, what they gain over the prior, and divergences from the exact densities."""

from jaxtyping import Float
from torch import Tensor

from ..diagnostics.densities import divergence, mean
from ..io.tables import row

Pair = tuple[Tensor, Tensor]  # of the posterior, of the likelihood


def rows(
    labels: dict, ours: Pair, exact: Pair | None, log_prior: Float[Tensor, " B"]
) -> list[dict]:
    """Per seed: nll and kl of the posterior, the likelihood, and both together; the gain.

    Args:
        labels: Columns that all rows share.
        ours: Log densities (M, B) of held-out pairs under each network.
        exact: The same (B,) under the exact conditionals, where they are known.
        log_prior: That of the held-out parameters.
    """
    unlabelled = {key: labels[key] for key in ("experiment", "task") if key in labels}
    found = []
    for part, network in _parts(ours).items():
        truth = None if exact is None else _parts(exact)[part]
        if truth is not None:
            found.append(_row(unlabelled, f"nll_{part}", mean(-truth), method="exact"))
        for seed, member in enumerate(network):
            found.append(_row(labels, f"nll_{part}", mean(-member), seed=seed))
            if truth is not None:
                found.append(_row(labels, f"kl_{part}", divergence(truth, member), seed=seed))
    for seed, member in enumerate(ours[0]):
        found.append(_row(labels, "gain_posterior", divergence(member, log_prior), seed=seed))
    if exact is not None:
        found.append(
            _row(unlabelled, "gain_posterior", divergence(exact[0], log_prior), method="exact")
        )
    return found


def _row(labels: dict, metric: str, score: tuple[float, float], **fields: object) -> dict:
    fields = {"method": "jana", "unit": "nats"} | fields
    return row(labels, metric, score[0], error=score[1], **fields)


def _parts(pair: Pair) -> dict[str, Float[Tensor, "..."]]:
    """The two parts, and both together."""
    posterior, likelihood = (part.double() for part in pair)
    return {"posterior": posterior, "likelihood": likelihood, "joint": posterior + likelihood}

"""Held-out losses, what they gain over the prior, and divergences from the exact densities."""

from jaxtyping import Float
from torch import Tensor

from ..diagnostics.densities import divergence, mean
from ..io.tables import row
from ..simulators.base import Simulator

Pair = tuple[Tensor, Tensor]  # of the posterior, of the likelihood


def exact(
    simulator: Simulator, theta: Float[Tensor, "B D"], x: Float[Tensor, " B *X"]
) -> dict[str, Float[Tensor, " B"]]:
    """The exact log densities of pairs that are known, by name."""
    found = {"likelihood": simulator.log_likelihood(theta, x)}
    if simulator.exact is not None:
        found["posterior"] = simulator.exact.log_posterior(theta, x)
        found["marginal"] = simulator.exact.log_marginal(x)
    return found


def rows(
    labels: dict,
    ours: Pair,
    exact: dict[str, Float[Tensor, " B"]],
    log_prior: Float[Tensor, " B"],
) -> list[dict]:
    """Per seed: nll and kl of the posterior, the likelihood, and both together; the gain.

    Args:
        labels: Columns that all rows share.
        ours: Log densities (M, B) of held-out pairs under each network.
        exact: The same (B,) under the exact conditionals that are known, by name.
        log_prior: That of the held-out parameters.
    """
    unlabelled = {key: labels[key] for key in ("experiment", "task") if key in labels}
    found = []
    exact = {part: values.double() for part, values in exact.items()}
    if "posterior" in exact:
        exact["joint"] = exact["posterior"] + exact["likelihood"]
    for part, network in _parts(ours).items():
        truth = exact.get(part)
        if truth is not None:
            found.append(_row(unlabelled, f"nll_{part}", mean(-truth), method="exact"))
        for seed, member in enumerate(network):
            found.append(_row(labels, f"nll_{part}", mean(-member), seed=seed))
            if truth is not None:
                found.append(_row(labels, f"kl_{part}", divergence(truth, member), seed=seed))
    for seed, member in enumerate(ours[0]):
        found.append(_row(labels, "gain_posterior", divergence(member, log_prior), seed=seed))
    if "posterior" in exact:
        gain = divergence(exact["posterior"], log_prior)
        found.append(_row(unlabelled, "gain_posterior", gain, method="exact"))
    return found


def _row(labels: dict, metric: str, score: tuple[float, float], **fields: object) -> dict:
    fields = {"method": "jana", "unit": "nats"} | fields
    return row(labels, metric, score[0], error=score[1], **fields)


def _parts(pair: Pair) -> dict[str, Float[Tensor, "..."]]:
    """The two parts, and both together."""
    posterior, likelihood = (part.double() for part in pair)
    return {"posterior": posterior, "likelihood": likelihood, "joint": posterior + likelihood}

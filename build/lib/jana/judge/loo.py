"""Leave-one-out predictive densities of exchangeable data, against exact ones if there are."""

from jaxtyping import Float
from torch import Tensor

from ..diagnostics.densities import root_mean_square
from ..evidence.elpd import Elpd
from ..evidence.predictive import Predictive
from ..inference.loo import left_out
from ..io.tables import row
from ..simulators.base import Simulator
from .evidence import scores


def exact(simulator: Simulator, x: Float[Tensor, "B T X"]) -> Float[Tensor, "B T"] | None:
    """log p(trial | others) = log p(all) - log p(others); None where p(x) is not known."""
    if simulator.exact is None:
        return None
    x = x.double()
    others = simulator.exact.log_marginal(left_out(x).flatten(0, 1)).unflatten(0, x.shape[:2])
    return simulator.exact.log_marginal(x)[:, None] - others


def rows(
    labels: dict, method: str, ours: Elpd, exact: Float[Tensor, "B T"] | None, draws: int
) -> list[dict]:
    """Per seed: each data set's total, its error, their mean and root mean square; pointwise.

    Args:
        labels: Columns that all rows share.
        method: "jana" for the posterior network without the trial, "jana_psis" for importance
            sampling from all trials.
        ours: With leading axes (M, B).
        exact: log p(trial | others), where it is known.
        draws: How many the estimates rest on.
    """
    totals = Predictive(ours.total, ours.total_error)
    total = None if exact is None else exact.double().sum(-1)
    found = scores(labels, "loo", totals, total, draws, method)
    shared = {"method": method, "draws": draws}
    for seed, (pointwise, khats) in enumerate(zip(ours.pointwise, ours.khat, strict=True)):
        if exact is not None:
            score = root_mean_square((pointwise.double() - exact.double()).flatten())
            fields = {"error": score.error, "seed": seed, "unit": "nats"}
            found.append(row(labels, "loo_pointwise_rmse", score.value, **fields, **shared))
        found.append(row(labels, "loo_khat", float(khats.max()), seed=seed, **shared))
    return found

"""What the networks make of an observed series: how typical it is, and how their bands hold."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Generator, Tensor

from ..diagnostics import gaps
from ..diagnostics.scores import covered
from ..inference.forecast import Followed, bands
from ..io.tables import row

LEVELS = (50, 95)  # percent, of central intervals


def rows(
    rng: Generator,
    labels: dict,
    observed: Float[Tensor, "S X"],
    steps: int,
    found: Sequence[Followed],
    reference: Float[Tensor, "M B C"],
    summary: Float[Tensor, "M 1 C"],
) -> list[dict]:
    """Of each member: the p-value of the series' distance from simulated ones, and coverages.

    Args:
        rng: For ties, as where both are zero.
        labels: Columns that all rows share.
        observed: The series; what is beyond `steps` was not seen: it is what the forecast is of.
        steps: How long the networks' series are.
        found: What each member makes of it.
        reference: Summaries of simulated series.
        summary: Of the observed one.
    """
    table = []
    for member, one in enumerate(found):
        fields = labels | {"seed": member}
        p_value = gaps.single(gaps.typical(reference[member]), summary[member])
        table.append(row(fields, "gap_pvalue", float(p_value)))
        table.append(row(fields, "outside_support", one.outside))
        parts = {"predictive": slice(0, steps), "forecast": slice(steps, len(observed))}
        for name, part in parts.items():
            seen, draws = observed[part], one.simulator[:, part]
            length = min(len(seen), draws.shape[1])
            if not length:
                continue
            for level in LEVELS:
                inside = covered(draws[:, :length], seen[:length], level / 100, rng)
                share = float(inside.double().mean())
                table.append(row(fields, f"{name}_coverage_{level}", share, draws=len(one.theta)))
    return table


def arrays(
    observed: Float[Tensor, "S X"], one: Followed, prior: Float[Tensor, "N D"]
) -> dict[str, tuple]:
    """What figures show, with its axes, of one member."""
    return {
        "observed": (("day", "number"), observed),
        "theta": (("draw", "parameter"), one.theta),
        "prior": (("prior_draw", "parameter"), prior),
        "simulator": (("quantile", "later_day", "number"), bands(one.simulator)),
        "network": (("quantile", "step", "number"), bands(one.network)),
    }

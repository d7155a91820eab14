"""Between a box and the whole space, coordinate by coordinate, with bounds of each row's own."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import logsigmoid

NEAREST = 1e-9  # to a bound, as a share of the interval: there a place has a logarithm still


def inside(
    u: Float[Tensor, "R D"], low: Float[Tensor, "R D"], high: Float[Tensor, "R D"]
) -> tuple[Float[Tensor, "R D"], Float[Tensor, " R"]]:
    """Carries the whole space into the box; also log |det|.

    By the logistic function between two bounds, by the exponential from one.

    Args:
        u: Any numbers.
        low: Least values, -inf where there is none.
        high: Bounds above, inf where there is none.
    """
    below, above = low.isfinite(), high.isfinite()
    # Where a branch is not taken its numbers are harmless, so that no NaN comes from its gradient.
    width = torch.where(below & above, high - low, 1.0)
    start, stop = torch.where(below, low, 0.0), torch.where(above, high, 0.0)
    one_side = torch.where(below ^ above, u, 0.0)
    found = torch.where(below & above, start + width * torch.sigmoid(u), u)
    found = torch.where(below & ~above, start + one_side.exp(), found)
    found = torch.where(~below & above, stop - (-one_side).exp(), found)
    slope = width.log() + logsigmoid(u) + logsigmoid(-u)
    log_slope = torch.where(below & above, slope, 0.0)
    log_slope = torch.where(below & ~above, u, log_slope)
    return found, torch.where(~below & above, -u, log_slope).sum(-1)


def outside(
    theta: Float[Tensor, "R D"], low: Float[Tensor, "R D"], high: Float[Tensor, "R D"]
) -> Float[Tensor, "R D"]:
    """The way back; what lies on a bound is taken for what is nearest to it.

    Raises:
        ValueError: If a place is not in its box.
    """
    bad = ~((theta >= low) & (theta <= high)).all(-1)
    if bad.any():
        row = int(bad.nonzero()[0])
        raise ValueError(
            f"places must lie within their bounds, but {int(bad.sum())} of {len(theta)} do not, "
            f"first {theta[row].tolist()} in row {row}, between {low[row].tolist()} and "
            f"{high[row].tolist()}"
        )
    tiny = torch.finfo(theta.dtype).tiny
    share = ((theta - low) / (high - low)).clamp(NEAREST, 1 - NEAREST)
    found = torch.where(low.isfinite() & high.isfinite(), share.logit(), theta)
    found = torch.where(low.isfinite() & high.isinf(), (theta - low).clamp(tiny).log(), found)
    return torch.where(low.isinf() & high.isfinite(), -(high - theta).clamp(tiny).log(), found)

"""Decisions between two responses as a drift diffusion: what its tasks have in common.

A data set is a number of independent trials, each a signed response time in seconds: positive for
the response at the upper boundary, negative at the lower. Any number of trials has a density.

Reference: Ratcliff (1978), Psychol. Rev. 85; Radev et al. (2023), arXiv:2302.09125, section 4.3,
for the priors and the number of trials.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from . import passage, wiener

TRIALS = 120  # the paper's most; fewer are parts of them

# Drift v, boundary separation a, non-decision time t0, relative start w: truncated normals.
NAMES = ("v (1/s)", "a", "t0 (s)", "w")
MEAN, SD = [0.0, 1.0, 0.4, 0.5], [10.0, 1.0, 0.2, 0.1]
LOW, HIGH = [-5.0, 0.5, 0.2, 0.3], [5.0, 3.0, 1.0, 0.7]
SHIFT = 2  # the place of t0


def simulate(
    rng: Generator, theta: Float[Tensor, "B 4"], trials: int = TRIALS
) -> Float[Tensor, "B T 1"]:
    """Signed response times of each (v, a, t0, w), exactly."""
    return passage.sample(rng, *theta.unbind(-1), trials)[..., None]


def log_likelihood(
    theta: Float[Tensor, "*#B 4"], x: Float[Tensor, "*#B T 1"]
) -> Float[Tensor, "*B"]:
    """log p(x | v, a, t0, w), summed over trials; -inf where a time is not above t0.

    In double precision: short times make it a difference of large numbers.
    """
    y, each = x[..., 0].double(), theta.double()[..., None, :]
    return wiener.log_density(y, *each.unbind(-1)).sum(-1).to(x)


def signed(times: Float[Tensor, " T"], responses: Tensor) -> Float[Tensor, "T 1"]:
    """A data set of one's own, as the networks and `log_likelihood` take it.

    Args:
        times: Response times, in seconds.
        responses: 1 for the response at the upper boundary, 0 at the lower; as many.

    Raises:
        ValueError: If there is no trial, a time that no non-decision time of the prior allows, one
            that is not finite, or a response other than 0 and 1.
    """
    if times.shape != responses.shape or not len(times):
        raise ValueError(
            f"a data set needs one response for each time, and a trial or more, not {len(times)} "
            f"times and {len(responses)} responses"
        )
    bad = ~((responses == 0) | (responses == 1))
    if bad.any():
        raise ValueError(
            f"responses are 0 (lower boundary) or 1 (upper), but trial {int(bad.nonzero()[0])} has "
            f"{float(responses[bad][0])}: recode them"
        )
    bad = ~(times.isfinite() & (times > LOW[SHIFT]))
    if bad.any():
        raise ValueError(
            f"response times are in seconds, finite and above {LOW[SHIFT]}, the prior's least "
            f"non-decision time, but {int(bad.sum())} of {len(times)} are not, such as "
            f"{float(times[bad][0])} in trial {int(bad.nonzero()[0])}: take them out, or mend "
            "their unit"
        )
    return torch.where(responses == 1, times, -times)[:, None]


def unbiased(theta: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 4"]:
    """(v, a, t0) as parameters whose start is half way between the boundaries."""
    return torch.cat([theta, torch.full_like(theta[..., :1], 0.5)], -1)

"""Bridge sampling: the log marginal likelihood from posterior draws and a log density.

For any model whose unnormalised log density can be evaluated on unconstrained parameters (with
the Jacobian of the transform, and all constants kept). Nothing here knows of simulators or
networks: NumPy arrays and a function go in, an estimate with its error comes out.

    import numpy as np
    from jana.evidence import bridge

    rng = np.random.default_rng(1)
    draws = rng.normal(size=(4, 1000, 2))  # of 4 chains; here a standard normal posterior
    found = bridge.estimate(draws, lambda theta: -0.5 * (theta**2).sum(-1), seed=2)
    print(found.value, found.error, found.status)  # log(2 pi) = 1.838, its error, "ok"

Half of each chain fits a proposal; the other half and draws of the proposal meet in the optimal
bridge, whose fixed point is the estimate. (Letting the halves change places and averaging does not
pay: where the density is nearly normal, both estimates err by how the halves differ, and correlate
by up to a half.)

References: Meng & Wong (1996), Statistica Sinica 6; Meng & Schilling (2002), JCGS 11 (warp-3);
Gronau et al. (2017), arXiv:1703.05984; errors and k-hat as in Micaletto & Vehtari (2025),
arXiv:2508.14487.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from arviz_stats.base import array_stats
from jaxtyping import Float
from numpy import ndarray
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from scipy.special import logsumexp

from . import LARGEST_KHAT
from .psis import smooth

LogDensity = Callable[[Float[ndarray, "S D"]], Float[ndarray, " S"]]

TOLERANCE, MOST_ITERATIONS = 1e-10, 1000  # nats between iterations
PROPOSALS, STREAM = ("warp3", "normal"), 1996
SHORT_TAIL = 10  # times the mean: terms below it have a relative variance below it too
LEAST_DRAWS = 100  # of both halves of all chains


class Bridge(NamedTuple):
    """An estimate of log of the integral of exp(log_density), in nats.

    Attributes:
        value: The estimate; NaN where `status` says that there is none.
        error: Its Monte Carlo standard error, of autocorrelated draws; NaN where there is none.
        khat: The larger Pareto shape of the terms of both means; above 0.7 `error` is too small.
            -inf where no term is more than ten times the mean: terms are bounded, and that is
            no tail.
        ess: Effective number of the posterior draws, by which the bridge weighs them.
        iterations: How many were needed.
        status: "ok"; "heavy tails" (k-hat above 0.7: neither value nor error is to be
            trusted); "no overlap" (no draw of the proposal has any density); "no convergence".
    """

    value: float
    error: float
    khat: float
    ess: float
    iterations: int
    status: str


class Ratios(NamedTuple):
    """log(density / proposal density), where both samples are.

    Attributes:
        posterior: At the posterior draws that the proposal was not fitted to.
        proposal: At draws of the proposal; -inf where there is no density.
    """

    posterior: Float[ndarray, "C N"]
    proposal: Float[ndarray, " S"]


def estimate(
    draws: ndarray,
    log_density: LogDensity,
    seed: int,
    proposal: str = "warp3",
    proposals: int | None = None,
) -> Bridge:
    """The log normalising constant of a density from draws of it.

    Args:
        draws: (C, N, D): C chains of N draws each, on unconstrained scale.
        log_density: Unnormalised, of S points at once; -inf where there is none.
        seed: Of the proposal's draws.
        proposal: "normal": with the draws' mean and covariance; "warp3": the same after the
            density has been made symmetric about the mean, better where it is skewed.
        proposals: How many draws of it; by default as many as the posterior draws it meets.

    Raises:
        ValueError: If draws or densities are not finite, of wrong shape, too few, or if draws do
            not vary in all directions.
    """
    draws = _checked(draws)
    if proposal not in PROPOSALS:
        raise ValueError(f"a proposal is warp3 or normal, not {proposal!r}")
    half = draws.shape[1] // 2
    fit, rest = draws[:, :half], draws[:, half:]
    number = rest.shape[0] * rest.shape[1] if proposals is None else proposals
    if number < LEAST_DRAWS:
        raise ValueError(f"a bridge needs {LEAST_DRAWS} proposals or more, not {number}: ask more")
    mean, root = _fitted(fit)
    # Its own stream: not that of draws which were made with the same seed.
    rng = np.random.default_rng([seed, STREAM])
    noise = rng.standard_normal((number, draws.shape[2]))
    at_rest = solve_triangular(root, (rest - mean).reshape(-1, len(mean)).T, lower=True).T
    ratio = _symmetric if proposal == "warp3" else _plain
    posterior = ratio(log_density, mean, root, at_rest).reshape(rest.shape[:2])
    if not np.isfinite(posterior).all():
        raise ValueError(
            f"the log density must be finite at all draws, but is not at "
            f"{int((~np.isfinite(posterior)).sum())} of {posterior.size}: are they draws of this "
            "density, on unconstrained scale?"
        )
    return bridged(Ratios(posterior, ratio(log_density, mean, root, noise)))


def bridged(ratios: Ratios) -> Bridge:
    """The optimal bridge between two samples, from the log ratios of the two densities."""
    posterior, proposal = ratios
    centre = float(np.median(posterior))  # all on its scale, so that nothing overflows
    one, two = posterior - centre, proposal - centre
    ess = min(_ess(posterior), float(posterior.size))
    share = math.log(ess / (ess + two.size)), math.log(two.size / (ess + two.size))
    if not (two > -math.inf).any():
        return Bridge(math.nan, math.nan, math.nan, ess, 0, "no overlap")
    r, moved, iterations = 0.0, math.inf, 0
    while moved > TOLERANCE and iterations < MOST_ITERATIONS:
        above, below = _terms(one, two, share, r)
        found = float(_log_mean(above) - _log_mean(below))
        r, moved, iterations = found, abs(found - r), iterations + 1
    above, below = _terms(one, two, share, r)
    khat = max(_khat(above), _khat(below))
    if moved > TOLERANCE:
        return Bridge(math.nan, math.nan, khat, ess, iterations, "no convergence")
    error = math.hypot(
        _relative_error(above, float(above.size)),
        _relative_error(below, _ess(np.exp(below - below.max()))),
    )
    status = "ok" if khat <= LARGEST_KHAT else "heavy tails"
    return Bridge(r + centre, error, khat, ess, iterations, status)


def _checked(draws: ndarray) -> Float[ndarray, "C N D"]:
    draws = np.asarray(draws, dtype=np.float64)
    if draws.ndim != 3 or not draws.shape[2]:
        raise ValueError(
            f"draws are an array of chains, draws and parameters, not of shape {draws.shape}: add "
            "an axis if there is one chain or one parameter"
        )
    if draws.shape[0] * draws.shape[1] < 2 * LEAST_DRAWS or draws.shape[1] < 8:
        raise ValueError(
            f"a bridge needs {2 * LEAST_DRAWS} draws or more, 8 of each chain, not "
            f"{draws.shape[0]} x {draws.shape[1]}: draw more"
        )
    if not np.isfinite(draws).all():
        raise ValueError("draws must be finite, but some are not: look at where they came from")
    return draws


def _fitted(draws: Float[ndarray, "C N D"]) -> tuple[Float[ndarray, " D"], Float[ndarray, "D D"]]:
    """The draws' mean and the Cholesky root of their covariance."""
    flat = draws.reshape(-1, draws.shape[2])
    try:
        root = cholesky(np.atleast_2d(np.cov(flat.T)), lower=True)
    except LinAlgError as error:
        raise ValueError(
            "draws must vary in every direction, but their covariance is singular: leave out "
            "parameters that are constant or determined by others, or draw more"
        ) from error
    return flat.mean(0), root


def _plain(
    log_density: LogDensity,
    mean: Float[ndarray, " D"],
    root: Float[ndarray, "D D"],
    at: Float[ndarray, "S D"],
) -> Float[ndarray, " S"]:
    """Log ratio of the standardised density and a standard normal one."""
    return _evaluated(log_density, mean + at @ root.T) + _volume(root) - _log_normal(at)


def _symmetric(
    log_density: LogDensity,
    mean: Float[ndarray, " D"],
    root: Float[ndarray, "D D"],
    at: Float[ndarray, "S D"],
) -> Float[ndarray, " S"]:
    """The same of the density's mean with its mirror image, which has the same integral."""
    step = at @ root.T
    both = [_evaluated(log_density, mean + way * step) for way in (1, -1)]
    return np.logaddexp(*both) - math.log(2) + _volume(root) - _log_normal(at)


def _evaluated(log_density: LogDensity, at: Float[ndarray, "S D"]) -> Float[ndarray, " S"]:
    found = np.asarray(log_density(at), dtype=np.float64)
    if found.shape != (len(at),):
        raise ValueError(
            f"the log density must be one number for each of {len(at)} points, not an array of "
            f"shape {found.shape}: sum over all that is not a point"
        )
    if not (found < math.inf).all():
        raise ValueError("the log density must be a number or -inf, not NaN or inf")
    return found


def _volume(root: Float[ndarray, "D D"]) -> float:
    return float(np.log(np.diag(root)).sum())


def _log_normal(at: Float[ndarray, "S D"]) -> Float[ndarray, " S"]:
    return -0.5 * (at**2).sum(-1) - 0.5 * at.shape[1] * math.log(2 * math.pi)


def _terms(one: ndarray, two: ndarray, share: tuple[float, float], r: float) -> tuple:
    """Logs of what the bridge takes the means of: over the proposal's draws, and the posterior's.

    With p the density over the constant so far: p / (s1 p + s2) and 1 / (s1 p + s2).
    """
    above = (two - r) - np.logaddexp(share[0] + two - r, share[1]) + r
    return above, -np.logaddexp(share[0] + one - r, share[1])


def _log_mean(logs: ndarray) -> float:
    return float(logsumexp(logs) - math.log(logs.size))


def _khat(logs: ndarray) -> float:
    if float(logs.max()) - _log_mean(logs) < math.log(SHORT_TAIL):
        return -math.inf
    return float(smooth(torch.from_numpy(logs.reshape(-1))).khat)


def _relative_error(logs: ndarray, draws: float) -> float:
    """Standard error of the mean of exp(logs), over that mean."""
    terms = np.exp(logs - logs.max())
    return float(terms.std(ddof=1) / (terms.mean() * math.sqrt(draws)))


def _ess(values: Float[ndarray, "C N"]) -> float:
    """Effective number of draws, for the mean; all of them where they are equal."""
    if np.ptp(values) <= 1e-12 * (1 + np.abs(values).max()):
        return float(values.size)
    return float(array_stats.ess(values, method="mean"))

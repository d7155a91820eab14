"""Lotka-Volterra: ten counts of prey and predators, from four rates.

Reference: benchmark 10 of Radev et al. (2023), arXiv:2302.09125: every second of 20 points from 0
to 20 days, both species at each time, and the logarithm of one more than the state.
"""

import math

from .base import Simulator
from .lynxes import NAMES, Lynxes, prior

lynxes = Lynxes(
    times=tuple(2 * t * 20 / 19 for t in range(10)),
    offset=1.0,
    least=0.0,
    most=math.inf,
    interleaved=True,
)

simulator = Simulator(
    prior=prior,
    simulate=lynxes.simulate,
    theta_names=NAMES,
    x_axes=("coordinate",),
    log_likelihood=lynxes.log_likelihood,
    x_low=0.0,
)

"""Lotka-Volterra in sbibm's variant: other times, all prey before all predators.

Reference: task T.10 of Lueckmann et al. (2021), arXiv:2101.04653: every 21st of the points from 0
to 20 days in steps of 0.1.
"""

from . import sbibm
from .base import Simulator
from .lynxes import NAMES, Lynxes, prior

lynxes = Lynxes(
    times=tuple(2.1 * t for t in range(10)),
    offset=0.0,
    least=1e-10,
    most=1e4,
    interleaved=False,
)

simulator = Simulator(
    prior=prior,
    simulate=lynxes.simulate,
    theta_names=NAMES,
    x_axes=("coordinate",),
    log_likelihood=lynxes.log_likelihood,
    x_low=0.0,
    reference=sbibm.reference("lotka_volterra"),
)

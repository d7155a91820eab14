"""SIR in sbibm's variant: counts of infected people among 1,000 tested, every 17 days.

Reference: task T.9 of Lueckmann et al. (2021), arXiv:2101.04653.
"""

from . import sbibm
from .base import Simulator
from .outbreaks import NAMES, TESTED, Outbreaks, prior

outbreaks = Outbreaks(times=tuple(17.0 * t for t in range(10)))

simulator = Simulator(
    prior=prior,
    simulate=outbreaks.simulate,
    theta_names=NAMES,
    x_axes=("time",),
    log_likelihood=outbreaks.log_likelihood,
    x_counts=TESTED,
    reference=sbibm.reference("sir"),
)

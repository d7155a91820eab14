"""The epidemic of 34 parameters, its ramps as they are evidently meant.

Reference: section 4.4 of Radev et al. (2023), arXiv:2302.09125.
"""

from . import epidemics
from .base import Simulator

epidemic = epidemics.Epidemic(ramps="corrected")

simulator = Simulator(
    prior=epidemics.prior,
    simulate=epidemic.simulate,
    theta_names=epidemics.NAMES,
    x_axes=("day", "series"),
    log_likelihood=epidemic.log_likelihood,
    log_steps=epidemic.log_steps,
    x_serial=True,
    x_period=epidemics.WEEK,
    theta_whole=epidemics.WHOLE,
    theta_spans=epidemics.SPANS,
    x_zeros=True,
    x_unit=epidemics.UNIT,
    longer=lambda more: epidemic.longer(more).simulate,
    changed=lambda what, size: epidemic.changed(what, size).simulate,
)

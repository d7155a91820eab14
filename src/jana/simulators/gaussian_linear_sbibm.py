"""Gaussian mean with a Gaussian prior, in sbibm's variant: 0.1 is a variance.

Reference: task T.1 of Lueckmann et al. (2021), arXiv:2101.04653.
"""

import math

from . import sbibm
from .base import Simulator
from .means import DIM, Means

means = Means(sd=math.sqrt(0.1))

simulator = Simulator(
    prior=means.gaussian_prior,
    simulate=means.simulate,
    theta_names=tuple(f"theta_{d + 1}" for d in range(DIM)),
    x_axes=("coordinate",),
    log_likelihood=means.log_likelihood,
    exact=means.under_gaussian,
    reference=sbibm.reference("gaussian_linear"),
)

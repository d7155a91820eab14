"""Gaussian mean with a Gaussian prior: every answer is known in closed form.

theta ~ N(0, S^2 I) and x | theta ~ N(theta, S^2 I) in 10 dimensions.

Reference: task T.1 of Lueckmann et al. (2021), arXiv:2101.04653, in the variant of Radev et
al. (2023), arXiv:2302.09125, where S = 0.1 is a standard deviation (there 0.1 is a variance).
"""

from .base import Simulator
from .means import DIM, Means

means = Means(sd=0.1)

simulator = Simulator(
    prior=means.gaussian_prior,
    simulate=means.simulate,
    theta_names=tuple(f"theta_{d + 1}" for d in range(DIM)),
    x_axes=("coordinate",),
    log_likelihood=means.log_likelihood,
    exact=means.under_gaussian,
)

"""Gaussian mean with a uniform prior: a posterior with edges, known in closed form.

theta ~ U(-1, 1) in each of 10 dimensions and x | theta ~ N(theta, S^2 I).

Reference: task T.2 of Lueckmann et al. (2021), arXiv:2101.04653, in the variant of Radev et
al. (2023), arXiv:2302.09125, where S = 0.1 is a standard deviation (there 0.1 is a variance).
"""

from .base import Simulator
from .means import DIM, Means

means = Means(sd=0.1)

simulator = Simulator(
    prior=means.uniform_prior,
    simulate=means.simulate,
    theta_names=tuple(f"theta_{d + 1}" for d in range(DIM)),
    x_axes=("coordinate",),
    log_likelihood=means.log_likelihood,
    exact=means.under_uniform,
)

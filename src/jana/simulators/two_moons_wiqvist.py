"""Two moons, large: crescents ten times the size of those in `two_moons`, the box [-2, 2]^2.

Reference: Wiqvist et al. (2021), arXiv:2102.06522; the task on which Radev et al. (2023),
arXiv:2302.09125, compare methods.
"""

from .base import Exact, Simulator
from .crescents import Crescents

RADIUS, RADIUS_SD, SHIFT = 1.0, 0.1, 1.0
moons = Crescents(RADIUS, RADIUS_SD, SHIFT, half_width=2.0)

simulator = Simulator(
    prior=moons.prior,
    simulate=moons.simulate,
    theta_names=("theta_1", "theta_2"),
    x_axes=("coordinate",),
    log_likelihood=moons.log_likelihood,
    exact=Exact(moons.sample_posterior, moons.log_posterior, moons.log_marginal),
    mode=moons.moon,
)

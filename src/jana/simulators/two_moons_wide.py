"""Two moons with a wider prior: the simulator of `two_moons`, the box [-2, 2]^2.

Reference: task T.8 of Lueckmann et al. (2021), arXiv:2101.04653, with the prior of Wiqvist et
al. (2021), arXiv:2102.06522, as Radev et al. (2023), arXiv:2302.09125, compare methods on it.
"""

from .base import Exact, Simulator
from .crescents import Crescents
from .two_moons import RADIUS, RADIUS_SD, SHIFT

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

"""Two moons: two parameters, two data coordinates, a posterior of two crescents.

Reference: Greenberg et al. (2019), arXiv:1905.07488; task T.8 of Lueckmann et al. (2021),
arXiv:2101.04653, whose prior is the box [-1, 1]^2.
"""

from . import sbibm
from .base import Exact, Simulator
from .crescents import Crescents

RADIUS, RADIUS_SD, SHIFT = 0.1, 0.01, 0.25
moons = Crescents(RADIUS, RADIUS_SD, SHIFT, half_width=1.0)

simulator = Simulator(
    prior=moons.prior,
    simulate=moons.simulate,
    theta_names=("theta_1", "theta_2"),
    x_axes=("coordinate",),
    log_likelihood=moons.log_likelihood,
    exact=Exact(moons.sample_posterior, moons.log_posterior, moons.log_marginal),
    mode=moons.moon,
    reference=sbibm.reference("two_moons"),
)

"""The drift diffusion model on a uniform box that is wider than the prior of `drift_diffusion`.

The paper's likelihood network learns from it, so that the edges of the prior lie within what it
has seen; nothing else does.

Reference: Radev et al. (2023), arXiv:2302.09125, section 4.3, and the code published with it.
"""

from . import responses
from .base import Simulator
from .priors import box

TRIALS = 500

simulator = Simulator(
    prior=box(low=[-5.5, 0.4, 0.1, 0.28], high=[5.5, 3.1, 1.1, 0.72]),
    simulate=lambda rng, theta: responses.simulate(rng, theta, TRIALS),
    theta_names=responses.NAMES,
    x_axes=("trial", "coordinate"),
    log_likelihood=responses.log_likelihood,
    x_shift=responses.SHIFT,
)

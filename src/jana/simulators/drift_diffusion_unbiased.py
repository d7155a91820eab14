"""The drift diffusion model without a bias: its start is half way between the boundaries."""

from . import responses
from .base import Simulator
from .priors import truncated_gaussian

simulator = Simulator(
    prior=truncated_gaussian(
        responses.MEAN[:3], responses.SD[:3], responses.LOW[:3], responses.HIGH[:3]
    ),
    simulate=lambda rng, theta: responses.simulate(rng, responses.unbiased(theta)),
    theta_names=responses.NAMES[:3],
    x_axes=("trial", "coordinate"),
    log_likelihood=lambda theta, x: responses.log_likelihood(responses.unbiased(theta), x),
    x_shift=responses.SHIFT,
)

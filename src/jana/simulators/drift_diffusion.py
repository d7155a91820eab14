"""The drift diffusion model of the paper's third experiment; see `responses.py`."""

from . import responses
from .base import Simulator
from .priors import truncated_gaussian

simulator = Simulator(
    prior=truncated_gaussian(responses.MEAN, responses.SD, responses.LOW, responses.HIGH),
    simulate=responses.simulate,
    theta_names=responses.NAMES,
    x_axes=("trial", "coordinate"),
    log_likelihood=responses.log_likelihood,
    x_shift=responses.SHIFT,
)

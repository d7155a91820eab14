"""Losses in the paper's units: by hand."""

import math

import torch

from jana.judge import losses


def test_units_are_standard_deviations_of_parameters_and_of_each_series():
    x = torch.tensor([[0.0, 2.0], [0.0, 4.0]])[..., None]  # two steps, sd 1 and 2
    log_posterior, log_likelihood = torch.tensor([[-1.0, -3.0]]), torch.tensor([[-4.0, -8.0]])
    found = losses.rows(
        {}, torch.tensor([2.0, 0.5, 3.0]), x, log_posterior, log_likelihood, torch.tensor([0.25])
    )
    posterior, likelihood = found
    assert posterior["metric"] == "loss_posterior" and likelihood["seed"] == 0
    assert math.isclose(posterior["value"], 2 - math.log(3) + 0.25, rel_tol=1e-6)
    assert math.isclose(likelihood["value"], (2 + 4 - math.log(2)) / 2, rel_tol=1e-6)

"""ECDF differences of two samples."""

import torch

from jana.diagnostics.two_sample import ecdf_differences


def test_by_hand():
    found = ecdf_differences(torch.tensor([[1.0], [2.0]]), torch.tensor([[1.5], [5.0]]))
    assert found.shares.tolist() == [0.5, 1.0]
    assert found.values.tolist() == [[-0.5, -0.5]]


def test_equal_distributions_stay_in_the_pointwise_band_95_percent_of_the_time(rng):
    samples = torch.randn(2, 300, 500, generator=rng)
    found = ecdf_differences(*samples)
    middle = found.values[:, 150].abs() <= found.half_width[150]
    assert abs(float(middle.double().mean()) - 0.95) < 0.05


def test_a_shift_leaves_the_band(rng):
    first, second = torch.randn(500, 1, generator=rng), 0.5 + torch.randn(500, 1, generator=rng)
    found = ecdf_differences(first, second)
    assert (found.values[0, 100:400] < -found.half_width[100:400]).all()

"""Samples out of reference fits."""

import numpy as np
import pytest
import xarray as xr

from jana.judge.fitted import samples
from jana.rng import generator


def fit(first, status=("ok", "ok")):
    """Two data sets, four chains of 50 draws of one parameter: all numbers differ."""
    theta = np.arange(400.0).reshape(2, 4, 50, 1) + first
    return xr.Dataset(
        {
            "theta": (("dataset", "chain", "draw", "parameter"), theta),
            "status": (("dataset",), np.array(status)),
        }
    )


def test_samples_are_of_other_chains_data_set_by_data_set():
    first, second = samples(generator(1), [fit(0), fit(1000)], 80)
    assert first.shape == second.shape == (4, 80, 1)
    for index, start in enumerate((0, 200, 1000, 1200)):
        one, two = (set(part[index].flatten().tolist()) for part in (first, second))
        assert len(one) == len(two) == 80
        assert one <= set(range(start, start + 100))
        assert two <= set(range(start + 100, start + 200))


def test_without_fits_there_are_none():
    assert samples(generator(1), [], 5) is None


def test_a_fit_that_has_not_passed_its_gate_is_no_reference():
    with pytest.raises(ValueError, match=r"but \{3: 'R-hat'\} have not: raise stan.draws"):
        samples(generator(1), [fit(0), fit(1000, ("ok", "R-hat"))], 10)


def test_more_draws_than_half_of_the_chains_have_are_refused():
    with pytest.raises(ValueError, match="have 100 draws, but 101 are asked for: raise"):
        samples(generator(1), [fit(0)], 101)

"""What is known of each step beforehand."""

import math

import pytest
import torch

from jana.networks.calendar import EDGE, Calendar
from jana.networks.standardize import Standardize

FREE = torch.full((4,), torch.inf)


def calendar(**known):
    """Of an angle, a beginning, a length and another parameter, which are left as they are."""
    return Calendar(Standardize(-FREE, FREE, (0,)), **known)


THETA = torch.tensor([[[math.pi / 2, 2.4, 3.6, 7.0]]])


def test_steps_have_their_parameters_their_place_and_the_clocks_hand():
    found = calendar(period=4)
    assert found.size == 5 + 2 + 4 + 2
    rows = found(THETA, 6)[0, 0]
    assert rows.shape == (6, found.size)
    assert torch.equal(rows[:, 1:4], THETA[0, :, 1:].expand(6, 3))
    assert rows[:, 5].tolist() == [1, 0, 0, 0, 0, 0] and rows[3, 6] == pytest.approx(3 / 50)
    assert rows[:, 7:11].argmax(1).tolist() == [0, 1, 2, 3, 0, 1]


def test_the_clock_is_turned_by_each_angle():
    """A quarter of the period later its hand is where the angle points."""
    cosine, sine = calendar(period=4)(THETA, 3)[0, 0, :, -2:].unbind(-1)
    torch.testing.assert_close(cosine, torch.tensor([0.0, 1.0, 0.0]), atol=1e-6, rtol=0)
    torch.testing.assert_close(sine, torch.tensor([-1.0, 0.0, 1.0]), atol=1e-6, rtol=0)


def test_spans_are_told_by_their_edges_and_what_share_is_over():
    rows = calendar(whole=(1, 2), spans=[(1, 2)])(THETA, 9)[0, 0]  # from step 2, 4 steps
    begun, ended, since, share = rows[:, -4:].unbind(-1)
    assert share.tolist() == [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert begun[2] == 0 == ended[6] and begun[3] == pytest.approx(math.tanh(1 / EDGE))
    assert (begun.diff() > 0).all() and (since.diff() > 0).all()


def test_parameters_that_act_by_their_rounded_values_are_seen_by_these():
    known = calendar(whole=(1, 2), spans=[(1, 2)])
    near = THETA + torch.tensor([0.0, 0.05, -0.05, 0.0])
    assert torch.equal(known(near, 5), known(THETA, 5))
    assert not torch.equal(known(near.roll(1, -1), 5), known(THETA.roll(1, -1), 5))


def test_what_is_positive_stays_so_and_what_is_not_may_be_less():
    low = torch.tensor([-torch.inf, 0.0])
    standardize = Standardize(low, torch.full((2,), torch.inf))
    told = Calendar(standardize, whole=(0, 1)).told(torch.tensor([[[-3.4, 0.2], [-2.0, 1.2]]]))
    assert told[0, :, 0].tolist() == [-3, -2]
    torch.testing.assert_close(told[0, :, 1].exp(), torch.tensor([0.5, 1.0]))


def test_without_a_clock_angles_and_spans_there_are_parameters_and_place():
    found = Calendar(Standardize(-FREE, FREE))
    assert found.size == 6 and found(THETA, 3).shape == (1, 1, 3, 6)

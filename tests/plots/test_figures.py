"""Figures: labelled axes, and what is given is what is drawn."""

import numpy as np
import pytest
import torch

from jana.plots import calibration, field, posterior, recovery, style, training


@pytest.fixture
def ax():
    return style.figure(2.0).subplots()


def labelled(ax):
    return bool(ax.get_xlabel()) and bool(ax.get_ylabel())


def test_rank_ecdfs_are_drawn_less_the_diagonal(ax):
    grid = np.array([0.25, 0.5, 0.75])
    calibration.rank_ecdfs(ax, grid, grid[None] + 0.1, grid - 0.2, grid + 0.2, ["a"])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 0.1)
    assert labelled(ax) and ax.get_legend_handles_labels()[1] == ["a"]


def test_clouds_show_both_samples(ax, rng):
    exact, ours = np.zeros((3, 2)), np.ones((4, 2))
    posterior.clouds(ax, exact, ours, ("a", "b"), ("exact", "ours"))
    assert [len(line.get_xdata()) for line in ax.lines] == [3, 4] and labelled(ax)


def test_ecdf_differences_have_a_line_per_coordinate(ax):
    shares = np.linspace(0, 1, 5)
    posterior.ecdf_differences(ax, shares, np.zeros((3, 5)), shares - 1, shares, "abc")
    assert len(ax.lines) == 3 + 1 and labelled(ax)


def test_medians_carry_their_note(ax):
    recovery.medians(ax, np.arange(3.0), np.arange(3.0), "theta_1", "r = 1")
    assert ax.get_title() == "theta_1\nr = 1"


def test_losses_mark_the_epoch_that_was_kept(ax):
    validation = np.array([[3.0, 3.0], [1.0, 2.0], [2.0, 1.0]])
    training.losses(ax, "posterior", validation, validation, np.array([1, 2]), 0.5)
    (dots,) = [line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert dots.get_xdata().tolist() == [1, 2] and list(dots.get_ydata()) == [1.0, 1.0]
    assert labelled(ax)


def test_losses_are_drawn_without_an_optimum_too(ax):
    """Its line and its entry in the legend are all that is missing."""
    losses, other = np.array([[3.0], [1.0]]), style.figure(2.0).subplots()
    training.losses(ax, "likelihood", losses, losses, np.array([1]), None)
    training.losses(other, "likelihood", losses, losses, np.array([1]), 0.5)
    assert len(other.lines) == len(ax.lines) + 1 and labelled(ax)
    texts, more = (found.get_legend_handles_labels()[1] for found in (ax, other))
    assert more == [*texts, "exact density, test set"]
    assert list(other.lines[-1].get_ydata()) == [0.5, 0.5]


def test_the_optimum_of_zero_is_drawn(ax):
    losses = np.array([[3.0], [1.0]])
    training.losses(ax, "posterior", losses, losses, np.array([1]), 0.0)
    assert list(ax.lines[-1].get_ydata()) == [0.0, 0.0]


def test_clouds_of_one_coordinate_are_histograms_of_the_same_bins(ax, rng):
    exact, ours = torch.randn(2, 500, 1, generator=rng).numpy()
    posterior.clouds(ax, exact, ours, ("a",), ("exact", "ours"))
    filled, outline = ax.patches[:-1], ax.patches[-1]
    assert sum(bar.get_height() for bar in filled) == 500
    inside = ((ours >= exact.min()) & (ours <= exact.max())).sum()
    assert outline.get_xy()[1::2, 1][:-1].sum() == inside
    assert {bar.get_x() for bar in filled} <= set(outline.get_xy()[:, 0])
    assert ax.get_legend_handles_labels()[1] == ["exact", "ours"] and labelled(ax)
    assert ax.get_xlabel() == "a"


def test_a_comparison_of_one_coordinate_is_drawn(rng):
    figure, shares = style.figure(3.0), np.linspace(0, 1, 5)
    samples = tuple(torch.randn(2, 2, 20, 1, generator=rng).numpy())
    lines = {"shares": shares, "lower": shares - 1, "upper": shares}
    lines["differences"] = np.zeros((2, 1, 5))
    posterior.comparison(figure, samples, lines, "a", ("exact", "ours"), "observation")
    assert len(figure.axes) == 4 and all(labelled(ax) for ax in figure.axes)


def test_a_comparison_has_a_column_for_each_data_set():
    figure, shares = style.figure(3.0), np.linspace(0, 1, 5)
    samples = np.zeros((3, 20, 4)), np.ones((3, 20, 4))
    lines = {"shares": shares, "lower": shares - 1, "upper": shares}
    lines["differences"] = np.zeros((3, 4, 5))
    posterior.comparison(figure, samples, lines, "abcd", ("exact", "ours"), "observation")
    assert len(figure.axes) == 6 and all(labelled(ax) for ax in figure.axes)
    assert [legend.get_texts()[0].get_text() for legend in figure.legends] == ["exact", "a"]
    assert "observation 2" in [ax.get_title() for ax in figure.axes]


def test_a_figure_is_the_same_file_twice_and_carries_its_record():
    found = []
    for _ in range(2):
        figure = style.figure(1.0)
        figure.subplots().plot([1, 2])
        found.append(style.png(figure, {"git": "abc"}))
    assert found[0] == found[1] and found[0].startswith(b"\x89PNG") and b"git\x00abc" in found[0]


def test_no_line_is_as_grey_as_the_band():
    assert "tab:gray" not in style.LINES and len(set(style.LINES)) == 10


def test_c2st_has_a_dot_per_observation_a_bar_at_their_mean_and_a_mark_for_others(ax):
    half = np.array([0.5]), 0.5
    ours = {"jana": {"a": (np.array([0.5, 0.7]), 0.6)}, "exact": {"a": half, "b": half}}
    field.scores(ax, ["a", "b"], ours, {"npe": {"b": 0.9}})
    heights = [sorted(set(np.round(line.get_ydata(), 6))) for line in ax.lines]
    assert [0.5, 0.7] in heights and [0.6] in heights and [0.9] in heights
    (mark,) = [line for line in ax.lines if list(line.get_ydata()) == [0.9]]
    assert 0.9 < mark.get_xdata()[0] < 1.5  # beside b, not a
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"] and ax.get_ylabel()

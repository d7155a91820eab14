"""Pictures of methods beside each other: what is given is what is drawn."""

import numpy as np
import pytest

from jana.plots import comparison, style
from jana.plots.comparison import Box

BAND = (0.11, 0.13)


@pytest.fixture
def ax():
    return style.figure(2.0).subplots()


def heights(ax):
    """Of all boxes, from the bottom to the top."""
    return sorted((p.get_y(), p.get_y() + p.get_height()) for p in ax.patches)


def test_a_failed_run_is_a_panel_that_says_so_and_draws_beyond_it_are_counted():
    exact = np.array([[0.0, 0.0], [1.0, 1.0]])
    panels = {("a", "1"): exact, ("b", "1"): None, ("c", "1"): np.array([[0.5, 0.5], [9.0, 0.5]])}
    figure = style.figure(2.0)
    comparison.scatters(figure, panels, exact, ("theta_1", "theta_2"), (2, 2))
    texts = [[text.get_text() for text in ax.texts] for ax in figure.axes]
    assert texts == [[], ["failed"], ["1 beyond"], []]
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("theta_1", "theta_2")
    assert not figure.axes[3].axison  # that no method has


def test_few_runs_are_dots_and_a_bar_and_many_have_a_box_too(ax):
    groups = {"a": {"2,000": Box([0.2, 0.4], BAND)}, "b": {"2,000": Box([1, 2, 3, 4, 5], BAND)}}
    comparison.boxes(ax, groups, {"2,000": "blue"}, "distance")
    assert heights(ax) == [BAND, BAND, (2.0, 4.0)]
    bars = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "None"]
    assert bars == pytest.approx([0.3, 3]) and ax.get_ylabel() == "distance"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b"]


def test_what_is_published_has_its_quartiles_and_a_place_of_its_own(ax):
    told = Box([0.3], BAND, (0.25, 0.4))
    groups = {"a": {"2,000": Box([0.2], BAND), "published, 10,000": told}}
    colours = comparison.coloured([groups])
    assert (
        list(colours) == ["2,000", "published, 10,000"] and colours["published, 10,000"] == "black"
    )
    comparison.boxes(ax, groups, colours, "distance")
    (whisker,) = [line for line in ax.lines if list(line.get_ydata()) == [0.25, 0.4]]
    (own,) = [line for line in ax.lines if list(line.get_ydata()) == [0.2, 0.2]]
    assert whisker.get_xdata()[0] > max(own.get_xdata())


def test_colours_get_darker_with_the_simulations_of_all_panels():
    panels = [{"a": {"10,000": Box([1], BAND)}}, {"a": {"2,000": Box([1], BAND)}}]
    assert list(comparison.coloured(panels)) == ["2,000", "10,000"]


def test_what_was_not_measured_is_hollow(ax):
    points = {"a": [(2000, 10.0, 0.6, True), (10000, 50.0, 0.5, False)]}
    comparison.times(ax, points, 0.5, "CPU s")
    dots = [line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata())]
    faces = {dot.get_xdata()[0]: dot.get_markerfacecolor() for dot in dots}
    assert faces[50.0] == "white" != faces[10.0]
    assert ax.get_xlabel() == "CPU s" and "C2ST" in ax.get_ylabel()

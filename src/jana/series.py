"""The pair of networks for series, from the settings of a design."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

from .designs import Design, FlowSettings
from .flows.course import Course
from .flows.hurdle import Hurdle
from .flows.published_serial import PublishedSerial
from .flows.recurrent import Serial, learned_features, plain_features
from .flows.spline import Spline
from .joint import Joint
from .kits import build_flow, generators, style
from .networks.calendar import Calendar
from .networks.published_series import PaperSeries
from .networks.standardize import Standardize
from .networks.time_series import TimeSeries
from .simulators.base import Simulator


def build_joint(
    design: Design, simulator: Simulator, x_shape: tuple[int, ...], seeds: Sequence[int]
) -> Joint:
    """The pair of networks for a simulator of series, with a member for each seed.

    Args:
        design: Of both networks.
        simulator: What they are to learn.
        x_shape: Steps T and numbers X of each.
        seeds: One per member.

    Raises:
        ValueError: If the design has no summary network, or no recurrent likelihood, or is our
            kit's and the data are not zero or positive.
    """
    published = design.likelihood.kit == "published"
    _check(design, simulator)
    length, size = x_shape
    rngs = {
        part: generators(seeds, "weights", part) for part in ("summary", "posterior", "likelihood")
    }
    if published:
        summary: nn.Module = PaperSeries(rngs["summary"], size)
    else:
        shape = design.summary.hidden[0], design.summary.features
        summary = TimeSeries(rngs["summary"], length, size, simulator.x_period, *shape)
    edge, prior = torch.full((summary.size,), torch.inf), simulator.prior
    circle = {} if published else {"circular": prior.circular}
    target, context = (prior.low, prior.high), (-edge, edge)
    posterior = build_flow(rngs["posterior"], design.posterior, target, context, **circle)
    likelihood = (_published if published else _own)(
        rngs["likelihood"], design.likelihood, simulator, (length, size)
    )
    named = {"serial": True, "penalty": design.summary.penalty}
    return Joint(posterior, likelihood, x_shape, summary, **named)


def _own(
    rngs: Sequence[Generator],
    settings: FlowSettings,
    simulator: Simulator,
    shape: tuple[int, int],
) -> Serial:
    """Parameters by the logarithm, or as points on the circle; zeros as such."""
    prior, (length, size) = simulator.prior, shape
    standardize = Standardize(prior.low, prior.high, prior.circular)
    known = simulator.x_period, simulator.theta_whole, simulator.theta_spans
    calendar = Calendar(standardize, *known)
    net, how = settings.nets["S"], style(settings, "S")
    told, hidden = settings.state, (settings.state + 1) // 2  # of the course, and of what is off it
    course = Course(rngs, standardize.size, calendar.size, size, told, how)
    features = learned_features(size, told, hidden), plain_features(size, calendar.size)
    step = Hurdle(rngs, size, *features, Spline(net.bins, net.bound), how)
    return Serial(rngs, calendar, course, hidden, step, how.decay, length)


def _published(
    rngs: Sequence[Generator],
    settings: FlowSettings,
    simulator: Simulator,
    shape: tuple[int, int],
) -> PublishedSerial:
    """Parameters by their mean and standard deviation."""
    length, size = shape
    raw: Tensor = torch.full((len(simulator.theta_names),), torch.inf)
    standardize = Standardize(-raw, raw)
    given = torch.full((settings.state + len(raw) + 2 * size,), torch.inf)
    edge = torch.full((size,), torch.inf)
    step = build_flow(rngs, settings, (-edge, edge), (-given, given))
    return PublishedSerial(rngs, size, standardize, settings.state, step, length)


def _check(design: Design, simulator: Simulator) -> None:
    if design.summary is None or not design.likelihood.state:
        raise ValueError(
            "series need a summary network and a recurrent likelihood: give the design an entry "
            "`summary`, and its likelihood a `state` of 1 feature or more"
        )
    if design.summary.kit != design.likelihood.kit:
        raise ValueError(
            "both networks of series see them in the same way: `summary` needs the kit of "
            f"`likelihood`, {design.likelihood.kit}, not {design.summary.kit}"
        )
    if design.likelihood.kit == "own" and not simulator.x_zeros:
        raise ValueError(
            "our kit's networks of series are for numbers that are zero or positive, of a "
            "simulator with `x_zeros=True`, but this one's are not: use a design of the published "
            "kit, or mend the simulator"
        )
    if design.likelihood.kit == "own" and "S" not in design.likelihood.nets:
        raise ValueError(
            "our kit's likelihood of series has a spline for each number: its `warps` need an S"
        )

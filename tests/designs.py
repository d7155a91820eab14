"""Small designs for tests, and those of config.yaml."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import yaml

from jana import settings, simulators
from jana.designs import Design, FlowSettings, NetSettings, SummarySettings
from jana.recipes import build_joint
from jana.rng import generator
from jana.training.fit import Training

CONFIG = Path(__file__).parents[1] / "config.yaml"
FLOW = FlowSettings(
    kit="own",
    warps="S",
    nets={
        "S": NetSettings((16,), bins=4, bound=4.0),
        "A": NetSettings((16,)),
        "G": NetSettings((16,)),
    },
    activation="silu",
    mixing="permutation",
    act_norm=True,
    latent_df=None,
    start="regression",
    bounded=True,
)
TRAINING = Training(
    epochs=4,
    batch=20,
    drop_last=True,
    rate=3e-3,
    warmup=0.1,
    epsilon=1e-8,
    clip=2.0,
    together=False,
    decay=0.9,
    patience=10,
    validation=0.1,
)


def flow_settings(dropout=0.0, decay=0.0, **changes):
    """FLOW, but for `changes`; dropout and decay are those of all its networks."""
    found = replace(FLOW, **changes)
    nets = {k: replace(net, dropout=dropout, decay=decay) for k, net in found.nets.items()}
    return replace(found, nets=nets) if dropout or decay else found


def training(**changes):
    return replace(TRAINING, **changes)


def design(flow=FLOW, schedule=TRAINING):
    """The same flow for both, and a small summary network in case it is needed."""
    return Design(flow, flow, schedule, SummarySettings((8,), 3))


def pair(task, seeds, flow=FLOW, schedule=TRAINING):
    """An untrained pair of networks for a task."""
    simulator = simulators.get(task)
    x_shape = tuple(simulator.draw(generator(0), 1).x.shape[1:])
    return build_joint(design(flow, schedule), simulator, x_shape, seeds)


@cache
def entries():
    return yaml.safe_load(CONFIG.read_text())["designs"]


def published(task):
    """The design `paper` of config.yaml, with what it changes for the task."""
    return Design.from_config(settings.design(entries(), "paper", task))


def penalty(flow):
    """What weight decay adds to the loss of each member."""
    terms = (factor * weight.square() for weight, factor in flow.decay().items())
    return sum(term.flatten(1).sum(1) for term in terms)

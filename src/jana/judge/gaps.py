"""How often data of a changed simulator are told from its own, by their summaries.

Of single data sets and of groups, against simulations of all parameters, and against those of the
very parameters that the data came from. A change that other parameters make up for, such as a
rhythm that is late where phases are free, cannot be told by the first, and may be by the second.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..diagnostics import gaps
from ..diagnostics.densities import mean
from ..io.tables import row

ANY, KNOWN = "any parameters", "known parameters"
METHODS = {False: "mahalanobis", True: "mmd"}  # of single data sets, and of groups
REFERENCES = 200  # that each group is compared with


class Changed(NamedTuple):
    """One change of the simulator.

    Attributes:
        what: Its name.
        size: How large.
        any: Summaries of data, each with its own parameters, by member.
        known: Summaries of several data sets for each of some parameters, by member.
    """

    what: str
    size: float
    any: Float[Tensor, "M B C"]
    known: Float[Tensor, "M P N C"]


def rows(
    rng: Generator,
    labels: dict,
    reference: Float[Tensor, "M B C"],
    at_parameters: Float[Tensor, "M P N C"],
    changes: Sequence[Changed],
    level: float,
    group: int,
) -> list[dict]:
    """The share that is flagged, of every change, setting and statistic.

    Args:
        rng: Of permutations.
        labels: Columns that all rows share.
        reference: Summaries of the simulator's data, each with its own parameters.
        at_parameters: The same, several for each of some parameters.
        changes: What is to be told from these.
        level: False-alarm rate of each test.
        group: Data sets in a group.
    """
    found = []
    for member in range(len(reference)):
        fields = labels | {"seed": member}
        world = gaps.typical(reference[member])
        own = [gaps.typical(features) for features in at_parameters[member]]
        for change in changes:
            name = fields | {"quantity": f"{change.what} {change.size:g}"}
            some = change.any[member]
            p_values = {(ANY, False): gaps.single(world, some)[:, None]}
            p_values[ANY, True] = _groups(rng, world, some, group)[:, None]
            each = list(zip(own, change.known[member], strict=True))
            p_values[KNOWN, False] = torch.stack([gaps.single(*pair) for pair in each])
            groups = [_groups(rng, *pair, group) for pair in each]
            p_values[KNOWN, True] = torch.stack(groups)
            found += _rows(name, p_values, level, group)
    return found


def _groups(
    rng: Generator, known: gaps.Typical, features: Float[Tensor, "B C"], group: int
) -> Float[Tensor, " G"]:
    whole = len(features) // group * group
    return gaps.several(rng, known, features[:whole].unflatten(0, (-1, group)), REFERENCES)


def _rows(
    labels: dict, p_values: dict[tuple[str, bool], Float[Tensor, "P N"]], level: float, group: int
) -> Iterator[dict]:
    """Errors are over parameters, where several data sets have the same."""
    for (setting, many), p_value in p_values.items():
        flagged = mean((p_value <= level).double().mean(1))
        fields = {"setting": setting, "method": METHODS[many], "draws": group if many else 1}
        yield row(labels, "flagged_share", flagged.value, error=flagged.error, **fields)


def changes(
    summarize: Callable[[Tensor], Tensor],
    made: Callable[[str, float], tuple[Tensor, Tensor]],
    asked: dict[str, list[float]],
    each: int,
) -> Iterator[Changed]:
    """Data of every change that is asked for, summarized.

    Args:
        summarize: Data (B, *X) to summaries (M, B, C).
        made: Of what is changed and how much, data with parameters of their own, and `each` data
            sets for each of some parameters.
        asked: Sizes of each change.
        each: Data sets for each parameter.
    """
    for what, sizes in asked.items():
        for size in sizes:
            some, repeated = map(summarize, made(what, size))
            yield Changed(what, size, some, repeated.unflatten(1, (-1, each)))
